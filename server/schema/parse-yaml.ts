import type {Event} from 'js-yaml';
import {EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException} from 'js-yaml';
import type {Json, JsonObject} from '../api/json.ts';
import {setOwn} from '../api/json.ts';
import type {Document, Parsed} from './document.ts';
import {DecodeError, goQuote, MAX_DEPTH, NumberLiteral} from './document.ts';
import {parseJson} from './parse-json.ts';
import {libyamlError} from './yaml-errors.ts';
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
  const builder = createBuilder(text, events);
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

function eventsOf(text: string): Event[] {
  try {
    return parseEvents(text, {maxDepth: MAX_DEPTH});
  } catch (error) {
    if (error instanceof YAMLException) throw new DecodeError(`yaml: ${libyamlError(error, text)}`);
    if (error instanceof RangeError) throw new DecodeError('yaml: exceeded max depth of 10000');
    throw error;
  }
}

/** What an anchor stands for: where its events begin. Aliases build it anew, so that no two places share an object. */
interface Anchor {
  at: number;
  open: boolean;
}

function createBuilder(text: string, events: readonly Event[]) {
  const errors: string[] = [];
  const anchors = new Map<string, Anchor>();
  let position = events.length > 0 && events[0]!.type === EVENT_ID.DOCUMENT ? 1 : 0;
  let decoded = 0;
  let aliased = 0;
  let aliasDepth = 0;

  const count = (): void => {
    decoded++;
    if (aliasDepth > 0) aliased++;
    if (aliased > 100 && decoded > 1000 && aliased / decoded > allowedAliasRatio(decoded))
      throw new DecodeError('yaml: document contains excessive aliasing');
  };
  const slice = (start: number, end: number): string => (start < 0 ? '' : text.slice(start, end));
  const define = (event: {anchorStart: number; anchorEnd: number}, at: number): Anchor | undefined => {
    if (event.anchorStart < 0 || aliasDepth > 0) return undefined;
    const anchor = {at, open: true};
    anchors.set(slice(event.anchorStart, event.anchorEnd), anchor);
    return anchor;
  };
  const lineAt = (offset: number): number => {
    let line = 1;
    for (let index = text.indexOf('\n'); index >= 0 && index < offset; index = text.indexOf('\n', index + 1)) line++;
    return line;
  };

  const node = (): Parsed => {
    count();
    const at = position;
    const event = events[position++];
    if (!event || event.type === EVENT_ID.POP) return null;
    if (event.type === EVENT_ID.ALIAS) return alias(slice(event.anchorStart, event.anchorEnd));
    if (event.type === EVENT_ID.DOCUMENT) return null;
    const anchor = define(event, at);
    let value: Parsed;
    if (event.type === EVENT_ID.SCALAR) {
      const content = getScalarValue(text, event);
      value = resolveScalar(content, event.style === SCALAR_STYLE.PLAIN, slice(event.tagStart, event.tagEnd)) as Parsed;
    } else if (event.type === EVENT_ID.SEQUENCE) value = sequence();
    else value = mapping();
    if (anchor) anchor.open = false;
    return value;
  };
  const alias = (name: string): Parsed => {
    const anchor = anchors.get(name);
    if (!anchor) throw new DecodeError(`yaml: unknown anchor '${name}' referenced`);
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
    while (position < events.length && events[position]!.type !== EVENT_ID.POP) list.push(node());
    position++;
    return list;
  };
  const mapping = (): Parsed => {
    const entries = new Map<string, Parsed>();
    const merged: Parsed[] = [];
    while (position < events.length && events[position]!.type !== EVENT_ID.POP) {
      const keyEvent = events[position]!;
      const merge = keyEvent.type === EVENT_ID.SCALAR && keyEvent.style === SCALAR_STYLE.PLAIN && getScalarValue(text, keyEvent) === '<<';
      const key = keyText(node());
      const valueEvent = events[position];
      const value = node();
      if (merge) merged.push(value);
      else {
        if (entries.has(key)) errors.push(`line ${lineAt(startOf(valueEvent))}: key ${goQuote(key)} already set in map`);
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
        if (error instanceof RangeError) throw new DecodeError('yaml: exceeded max depth of 10000');
        throw error;
      }
    },
  };
}

function startOf(event: Event | undefined): number {
  if (event === undefined) return 0;
  if ('valueStart' in event) return event.valueStart;
  if ('start' in event) return event.start;
  return 'anchorStart' in event ? event.anchorStart : 0;
}

function mergeInto(entries: Map<string, Parsed>, source: Parsed): void {
  if (typeof source !== 'object' || source === null || Array.isArray(source))
    throw new DecodeError('yaml: map merge requires map or sequence of maps as the value');
  for (const key of Object.keys(source)) if (!entries.has(key)) entries.set(key, source[key]!);
}

/** JSON has only string keys: scalars become their text. */
function keyText(key: unknown): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'boolean') return String(key);
  if (key instanceof NumberLiteral) return key.text;
  if (key === null) throw new DecodeError('unsupported map key of type: %!s(<nil>), key: <nil>, value: <nil>');
  throw new DecodeError(`yaml: invalid map key: ${JSON.stringify(key)}`);
}

/** How much of a document may come from aliases (go-yaml): nearly all of a small one, a tenth of a very large one. */
function allowedAliasRatio(decoded: number): number {
  const low = 400_000;
  const high = 4_000_000;
  if (decoded <= low) return 0.99;
  return decoded >= high ? 0.1 : 0.99 - 0.89 * ((decoded - low) / (high - low));
}
