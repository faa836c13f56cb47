import type {CelType} from './types.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  opaqueType,
  optionalOf,
  param,
  STRING,
  TIMESTAMP,
  typeOf,
  UINT,
} from './types.ts';
import type {Value} from './values.ts';

/** One signature of a function and what it does. Arguments never are errors; `call` may return one. */
export interface Overload {
  readonly id: string;
  readonly member: boolean;
  readonly args: readonly CelType[];
  readonly result: CelType;
  readonly params: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: what a signature says of its arguments the checker has seen to
  readonly call: (...args: any[]) => Value;
}

export type Functions = Map<string, Overload[]>;

const NAMED: {readonly [name: string]: CelType} = {
  int: INT,
  uint: UINT,
  double: DOUBLE,
  bool: BOOL,
  string: STRING,
  bytes: BYTES,
  null: NULL,
  dyn: DYN,
  duration: DURATION,
  timestamp: TIMESTAMP,
};

/**
 * Declares overloads by their signatures: `string.(int, int) -> string` of a member, `(string) -> int` of a global function.
 * Single capital letters are type parameters; names that are no CEL types are opaque or object types given in `named`.
 */
export function declare(functions: Functions, named: {readonly [name: string]: CelType} = {}) {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  return (name: string, id: string, signature: string, call: (...args: any[]) => Value): void => {
    const [shape, result] = signature.split(' -> ') as [string, string];
    const dot = shape.indexOf('.(');
    const member = dot >= 0;
    const target = shape.slice(0, Math.max(0, dot));
    const args = shape.slice(member ? dot + 2 : 1, -1);
    const types = [...(member ? [target] : []), ...splitTypes(args)].map(text => readType(text, named));
    const overload: Overload = {
      id,
      member,
      args: types,
      result: readType(result, named),
      params: [...new Set(signature.match(/\b[A-Z]\b/g) ?? [])],
      call,
    };
    const list = functions.get(name);
    if (list) list.push(overload);
    else functions.set(name, [overload]);
  };
}

/** Reads `map(string, list(T))`. */
export function readType(text: string, named: {readonly [name: string]: CelType} = {}): CelType {
  const parsed = /^([^(]+?)(?:\((.*)\))?$/.exec(text.trim())!;
  const name = parsed[1]!;
  const params = parsed[2] === undefined ? [] : splitTypes(parsed[2]).map(part => readType(part, named));
  if (name === 'list') return listOf(params[0]!);
  if (name === 'map') return mapOf(params[0]!, params[1]!);
  if (name === 'optional') return optionalOf(params[0]!);
  if (name === 'type') return typeOf(params[0]!);
  if (/^[A-Z]$/.test(name)) return param(name);
  return NAMED[name] ?? named[name] ?? opaqueType(name);
}

function splitTypes(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const char of text) {
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (char === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += char;
  }
  return part.trim() === '' ? parts : [...parts, part];
}
