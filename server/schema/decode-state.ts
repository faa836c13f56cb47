import type {Document, Parsed} from './document.ts';
import {goQuote} from './document.ts';
import {kindOf} from './scalars.ts';
import type {Field, Schema, StructSchema} from './schema.ts';

/** Where a decoder stands, and what it has found wrong so far. */
export interface DecodeState {
  readonly document: Document;
  readonly strict: string[];
  /** The first value that did not fit its type. Go goes on after it: a later value that cannot be read at all is told instead. */
  failure: string | undefined;
  /** The way to the value at hand: pairs of struct and field, LIST and index, MAP and key; `depth` of them count. */
  readonly path: (StructSchema | Field | string | number)[];
  depth: number;
  /** Arbitrary JSON is copied, for it belongs to someone. */
  copies: boolean;
  /** Below a type that decodes itself, unknown fields go untold. */
  silent: boolean;
  /** What is decoded is for rules to look at; it is not what is stored. */
  keepsEmpties: boolean;
  keptEmpties: boolean;
}

export const LIST = '[]';
export const MAP = '{}';

export const newState = (document: Document): DecodeState => ({
  document,
  strict: [],
  failure: undefined,
  path: [],
  depth: 0,
  copies: false,
  silent: false,
  keepsEmpties: false,
  keptEmpties: false,
});

/** Goes down a step; `state.depth -= 2` comes back. */
export function enter(state: DecodeState, from: StructSchema | string, step: Field | string | number): void {
  state.path[state.depth++] = from;
  state.path[state.depth++] = step;
}

/** Notes a field that strict decoding refuses. */
export function note(what: 'unknown' | 'duplicate', key: string, state: DecodeState): void {
  if (state.silent || state.strict.length >= 100) return;
  const {path, depth} = state;
  let where = '';
  for (let index = 0; index < depth; index += 2) {
    const step = path[index + 1]!;
    if (typeof step === 'number') where += `[${step}]`;
    else where += `${where === '' ? '' : '.'}${typeof step === 'string' ? step : (step as Field).name}`;
  }
  const message = `${what} field ${goQuote(where === '' ? key : `${where}.${key}`)}`;
  if (!state.strict.includes(message)) state.strict.push(message);
}

/** Notes a value that does not fit the type at the place at hand. */
export function misfit(value: Parsed, state: DecodeState): undefined {
  state.failure ??= typeMessage(kindOf(value), state);
  return undefined;
}

/** encoding/json's UnmarshalTypeError: the struct that holds the last field, the fields on the way without indexes and map keys, the Go type. */
export function typeMessage(what: string, state: DecodeState, type?: string): string {
  const {path, depth} = state;
  const names: string[] = [];
  let owner: StructSchema | undefined;
  let goType = 'string';
  for (let index = 0; index < depth; index += 2) {
    const from = path[index]!;
    if (typeof from === 'object') {
      owner = from as StructSchema;
      const field = path[index + 1] as Field;
      names.push(`${field.goPath ?? ''}${field.name}`);
      goType = field.goType ?? goTypeOf(field.schema);
    } else goType = elementType(goType);
  }
  const target = `of type ${type ?? goType}`;
  if (!owner) return `json: cannot unmarshal ${what} into Go value ${target}`;
  return `json: cannot unmarshal ${what} into Go struct field ${owner.name.slice(owner.name.lastIndexOf('.') + 1)}.${names.join('.')} ${target}`;
}

/** What a list or map type holds; a named one (`v1.ExtraValue`) holds strings. */
function elementType(goType: string): string {
  const inner = goType.replace(/^(\[\]|map\[[^\]]*\])/, '');
  return inner === goType ? 'string' : inner;
}

/** Types of schemas that do not come from Go. */
function goTypeOf(schema: Schema): string {
  if (schema.type === 'struct') return schema.name.split('.').slice(-2).join('.');
  if (schema.type === 'map') return `map[string]${goTypeOf(schema.values)}`;
  if (schema.type === 'list') return `[]${goTypeOf(schema.items)}`;
  return schema.type === 'double' ? 'float64' : schema.type;
}
