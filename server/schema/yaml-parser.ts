import type {Mark} from './yaml-cursor.ts';
import {YamlError} from './yaml-cursor.ts';
import type {Token, TokenType} from './yaml-scanner.ts';
import {Scanner} from './yaml-scanner.ts';

/** A piece of the first document of a text; `end` ends a sequence or mapping. `line` counts from one. */
export type YamlEvent =
  | {
      readonly type: 'scalar';
      readonly value: string;
      readonly plain: boolean;
      readonly tag: string;
      readonly anchor: string;
      readonly line: number;
    }
  | {readonly type: 'sequence' | 'mapping'; readonly tag: string; readonly anchor: string; readonly line: number}
  | {readonly type: 'alias'; readonly anchor: string; readonly line: number}
  | {readonly type: 'end'};

interface Properties {
  readonly tag: string;
  readonly anchor: string;
  readonly line: number;
}

const NOTHING = {tag: '', anchor: ''};

/** Reads the first document of a text; nothing of an empty one. Throws YamlError. */
export function parseEvents(text: string): YamlEvent[] {
  const unreadable = firstUnreadable(text);
  const scanner = new Scanner(text);
  try {
    const events = parseDocument(scanner);
    if (unreadable === undefined) return events;
  } catch (error) {
    if (unreadable === undefined || !(error instanceof YamlError) || scanner.position < unreadable) throw error;
  }
  throw new YamlError('control characters are not allowed', 0, true);
}

const BLOCK = 512;

/** Where libyaml, which reads in blocks, comes upon what must not be in a text. */
function firstUnreadable(text: string): number | undefined {
  const found = text.search(/[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u);
  if (found < 0 || (found === 0 && text.startsWith('\ufeff'))) return found < 0 ? undefined : shifted(firstUnreadable(text.slice(1)));
  return Math.floor(found / BLOCK) * BLOCK;
}

const shifted = (found: number | undefined): number | undefined => (found === undefined ? undefined : found + 1);

function parseDocument(scanner: Scanner): YamlEvent[] {
  const events: YamlEvent[] = [];
  const anchors = new Set<string>();
  const fail = (message: string, {line}: Mark): never => {
    throw new YamlError(message, line, false);
  };
  const next = (...types: TokenType[]): boolean => types.includes(scanner.peek().type);
  const skipIf = (type: TokenType): Token | undefined => (next(type) ? scanner.next() : undefined);
  const empty = (mark: Mark, properties: Omit<Properties, 'line'> = NOTHING): void => {
    events.push({type: 'scalar', value: '', plain: true, ...properties, line: mark.line + 1});
  };
  /** A node, unless one of these follows: then an empty one. */
  const nodeUnless = (ends: TokenType[], mark: Mark, block: boolean, indentless = false): void => {
    if (next(...ends)) empty(mark);
    else node(block, indentless);
  };

  const node = (block: boolean, indentless: boolean): void => {
    const start = scanner.peek().start;
    const alias = skipIf('alias');
    if (alias) {
      if (!anchors.has(alias.text)) throw new YamlError(`unknown anchor '${alias.text}' referenced`, 0, false);
      events.push({type: 'alias', anchor: alias.text, line: start.line + 1});
      return;
    }
    const properties = {...parseProperties(start), line: start.line + 1};
    if (properties.anchor !== '') anchors.add(properties.anchor);
    const token = scanner.peek();
    if (token.type === 'scalar') {
      scanner.next();
      events.push({type: 'scalar', value: token.text, plain: token.plain!, ...properties});
    } else if (token.type === '[') collection('sequence', properties, flowSequence);
    else if (token.type === '{') collection('mapping', properties, flowMapping);
    else if (token.type === 'entry' && indentless) collection('sequence', properties, indentlessSequence);
    else if (token.type === 'block sequence' && block) collection('sequence', properties, blockSequence);
    else if (token.type === 'block mapping' && block) collection('mapping', properties, blockMapping);
    else if (properties.anchor === '' && properties.tag === '') fail('did not find expected node content', token.start);
    else empty(start, properties);
  };

  /** An anchor and a tag, in either order. */
  const parseProperties = (start: Mark): {tag: string; anchor: string} => {
    let anchor = skipIf('anchor');
    const tag = skipIf('tag');
    anchor ??= skipIf('anchor');
    if (tag && /^![^!<]+!/.test(tag.text)) fail('found undefined tag handle', start);
    return {tag: tag?.text ?? '', anchor: anchor?.text ?? ''};
  };

  const collection = (type: 'sequence' | 'mapping', properties: Properties, content: () => void): void => {
    events.push({type, ...properties});
    content();
    events.push({type: 'end'});
  };

  const blockSequence = (): void => {
    scanner.next();
    for (let entry = skipIf('entry'); entry; entry = skipIf('entry')) nodeUnless(['entry', 'block end'], entry.end, true);
    if (!skipIf('block end')) fail("did not find expected '-' indicator", scanner.peek().start);
  };
  const indentlessSequence = (): void => {
    for (let entry = skipIf('entry'); entry; entry = skipIf('entry')) nodeUnless(['entry', 'key', 'value', 'block end'], entry.end, true);
  };
  const blockMapping = (): void => {
    scanner.next();
    for (let key = skipIf('key'); key; key = skipIf('key')) {
      const ends: TokenType[] = ['key', 'value', 'block end'];
      nodeUnless(ends, key.end, true, true);
      const value = skipIf('value');
      if (value) nodeUnless(ends, value.end, true, true);
      else empty(scanner.peek().start);
    }
    if (!skipIf('block end')) fail('did not find expected key', scanner.peek().start);
  };

  const flowSequence = (): void => {
    scanner.next();
    for (let first = true; !next(']'); first = false) {
      if (!first && !skipIf(',')) fail("did not find expected ',' or ']'", scanner.peek().start);
      const key = skipIf('key');
      if (key) collection('mapping', {...NOTHING, line: key.start.line + 1}, () => flowPair(key));
      else if (!next(']')) node(false, false);
    }
    scanner.next();
  };
  const flowPair = (key: Token): void => {
    nodeUnless(['value', ',', ']'], key.end, false);
    const value = skipIf('value');
    nodeUnless(value ? [',', ']'] : [scanner.peek().type], scanner.peek().start, false);
  };
  const flowMapping = (): void => {
    scanner.next();
    for (let first = true; !next('}'); first = false) {
      if (!first && !skipIf(',')) fail("did not find expected ',' or '}'", scanner.peek().start);
      const key = skipIf('key');
      if (key) {
        nodeUnless(['value', ',', '}'], scanner.peek().start, false);
        const value = skipIf('value');
        nodeUnless(value ? [',', '}'] : [scanner.peek().type], scanner.peek().start, false);
      } else if (!next('}')) {
        node(false, false);
        empty(scanner.peek().start);
      }
    }
    scanner.next();
  };

  let explicit = false;
  for (let directive = skipIf('directive'); directive; directive = skipIf('directive')) {
    explicit = true;
    if (directive.text.startsWith('YAML ') && directive.text !== 'YAML 1.1') fail('found incompatible YAML document', directive.start);
  }
  if (next('stream end') && !explicit) return events;
  const marker = skipIf('document start');
  if (explicit && !marker) fail('did not find expected <document start>', scanner.peek().start);
  if (marker) nodeUnless(['directive', 'document start', 'document end', 'stream end'], marker.end, true);
  else node(true, false);
  // The token behind the document is looked at.
  scanner.peek();
  return events;
}
