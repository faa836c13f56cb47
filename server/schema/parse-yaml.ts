import type {Json, JsonObject} from '../api/json.ts';
import {setOwn} from '../api/json.ts';
import type {Document, Parsed} from './document.ts';
import {DecodeError, goQuote, MAX_DEPTH, NumberLiteral} from './document.ts';
import {parseJson} from './parse-json.ts';
import {YamlError} from './yaml-cursor.ts';
import type {YamlEvent} from './yaml-parser.ts';
import {parseEvents} from './yaml-parser.ts';
import {resolveScalar} from './yaml-scalars.ts';

/**
 * Reads YAML as sigs.k8s.io/yaml does: YAML 1.1 scalars (`yes`, `on`, `0o7`, `1_000`; no timestamps), merge keys, the first of several
 * documents; a mapping's keys come out sorted. Duplicate keys are strict errors with their line. Throws DecodeError.
 */
export function parseYaml(text: string): Document {
  // JSON is YAML, and most of what comes as YAML is JSON.
  if (/^\s*\{/.test(text)) {
    const document = jsonDocument(text);
    if (document && !document.duplicates && !document.literals) return document;
  }
  const events = eventsOf(text);
  const builder = createBuilder(events);
  const value = builder.build();
  return {
    value,
    duplicates: undefined,
    strictErrors: builder.errors.length > 0 ? [`yaml: unmarshal errors:\n${builder.errors.map(error => `  ${error}`).join('\n')}`] : [],
    literals: true,
  };
}

function jsonDocument(text: string): Document | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Errors of the scanner name the line counted from one, those of the parser counted from zero, and neither names the first (parser.fail). */
function eventsOf(text: string): YamlEvent[] {
  try {
    return parseEvents(text);
  } catch (error) {
    if (error instanceof YamlError) {
      const {message, line, scanned} = error;
      throw new DecodeError(line === 0 ? `yaml: ${message}` : `yaml: line ${scanned ? line + 1 : line}: ${message}`);
    }
    if (error instanceof RangeError) throw tooDeep();
    throw error;
  }
}

const tooDeep = (): DecodeError => new DecodeError(`yaml: exceeded max depth of ${MAX_DEPTH}`);

/** What an anchor stands for: where its events begin. Aliases build it anew, so that no two places share an object. */
interface Anchor {
  at: number;
  open: boolean;
}

function createBuilder(events: readonly YamlEvent[]) {
  const errors: string[] = [];
  const anchors = new Map<string, Anchor>();
  let position = 0;
  let decoded = 0;
  let aliased = 0;
  let aliasDepth = 0;

  const count = (): void => {
    decoded++;
    if (aliasDepth > 0) aliased++;
    if (aliased > 100 && decoded > 1000 && aliased / decoded > allowedAliasRatio(decoded))
      throw new DecodeError('yaml: document contains excessive aliasing');
  };
  const define = ({anchor: name}: {anchor: string}, at: number): Anchor | undefined => {
    if (name === '' || aliasDepth > 0) return undefined;
    const anchor = {at, open: true};
    anchors.set(name, anchor);
    return anchor;
  };

  const node = (): Parsed => {
    count();
    const at = position;
    const event = events[position++];
    if (!event || event.type === 'end') return null;
    if (event.type === 'alias') return alias(event.anchor);
    const anchor = define(event, at);
    let value: Parsed;
    if (event.type === 'scalar') value = resolveScalar(event.value, event.plain, event.tag) as Parsed;
    else value = event.type === 'sequence' ? sequence() : mapping();
    if (anchor) anchor.open = false;
    return value;
  };
  const alias = (name: string): Parsed => {
    const anchor = anchors.get(name)!;
    if (anchor.open) throw new DecodeError(`yaml: anchor '${name}' value contains itself`);
    const back = position;
    position = anchor.at;
    anchor.open = true;
    aliasDepth++;
    const value = node();
    aliasDepth--;
    anchor.open = false;
    position = back;
    return value;
  };
  const sequence = (): Parsed => {
    const list: Json[] = [];
    while (position < events.length && events[position]!.type !== 'end') list.push(node());
    position++;
    return list;
  };
  const mapping = (): Parsed => {
    const entries = new Map<string, Parsed>();
    const merged: Parsed[] = [];
    while (position < events.length && events[position]!.type !== 'end') {
      const keyEvent = events[position]!;
      const merge = keyEvent.type === 'scalar' && keyEvent.plain && keyEvent.value === '<<';
      const given = node();
      const valueEvent = events[position];
      const value = node();
      const key = keyText(given, value);
      if (merge) merged.push(value);
      else {
        if (entries.has(key)) errors.push(`line ${lineOf(valueEvent)}: key ${goQuote(key)} already set in map`);
        entries.set(key, value);
      }
    }
    position++;
    for (const source of merged.flatMap(value => (Array.isArray(value) ? [...value].reverse() : [value]))) mergeInto(entries, source);
    const object: JsonObject = {};
    for (const key of [...entries.keys()].sort()) setOwn(object, key, entries.get(key)!);
    return object;
  };
  return {
    errors,
    build(): Parsed {
      try {
        return position >= events.length ? null : node();
      } catch (error) {
        if (error instanceof RangeError) throw tooDeep();
        throw error;
      }
    },
  };
}

const lineOf = (event: YamlEvent | undefined): number => (event && 'line' in event ? event.line : 0);

function mergeInto(entries: Map<string, Parsed>, source: Parsed): void {
  if (typeof source !== 'object' || source === null || Array.isArray(source))
    throw new DecodeError('yaml: map merge requires map or sequence of maps as the value');
  for (const key of Object.keys(source)) if (!entries.has(key)) entries.set(key, source[key]!);
}

/** JSON has only string keys: scalars become their text. */
function keyText(key: unknown, value: unknown): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'boolean') return String(key);
  if (key instanceof NumberLiteral) return key.text;
  if (key === null)
    throw new DecodeError(`unsupported map key of type: %!s(<nil>), key: <nil>, value: ${value === null ? '<nil>' : goSyntax(value)}`);
  throw new DecodeError(`yaml: invalid map key: ${goSyntax(key)}`);
}

/** A value as Go's `%#v` shows it. */
function goSyntax(value: unknown): string {
  if (value === null) return 'interface {}(nil)';
  if (typeof value === 'string') return goQuote(value);
  if (value instanceof NumberLiteral) return value.text;
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).map(([key, item]) => `${goQuote(key)}:${goSyntax(item)}`);
  return `map[interface {}]interface {}{${entries.join(', ')}}`;
}

/** How much of a document may come from aliases (go-yaml): nearly all of a small one, a tenth of a very large one. */
function allowedAliasRatio(decoded: number): number {
  const low = 400_000;
  const high = 4_000_000;
  if (decoded <= low) return 0.99;
  return decoded >= high ? 0.1 : 0.99 - 0.89 * ((decoded - low) / (high - low));
}
