import type {Item, Node, Redirect, Word} from './script.ts';
import {NotUnderstood} from './script.ts';
import {createReader, type Reader, readWord} from './words.ts';

/** Takes a script apart. Undefined: it uses more of the shell than is understood, or is not complete. */
export function parseScript(source: string): Node | undefined {
  const reader = createReader(source, list => parseList(list, [')']));
  try {
    const list = parseList(reader, []);
    return reader.at === source.length ? list : undefined;
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

const give = (): never => {
  throw new NotUnderstood();
};

const KEYWORDS = /^(if|then|elif|else|fi|while|until|for|do|done|\{|\})(?=[\s;()]|$)/;
const UNKNOWN = /^(case|function|select)(?=\s)|^[A-Za-z_]\w*\s*\(\)/;

function parseList(reader: Reader, ends: readonly string[]): Node {
  const items: Item[] = [];
  let joined: Item['joined'] = ';';
  for (;;) {
    reader.skipLines();
    if (reader.done() || ends.some(end => isAt(reader, end))) {
      if (joined !== ';') give();
      break;
    }
    items.push({joined, node: parsePipe(reader)});
    reader.skipBlanks();
    const separator = reader.take(/^(&&|\|\||;(?!;)|\n)/);
    if (!separator) {
      if (!reader.done() && !ends.some(end => isAt(reader, end))) give();
      break;
    }
    joined = separator === '&&' || separator === '||' ? separator : ';';
  }
  return {type: 'list', items};
}

const isAt = (reader: Reader, end: string): boolean => (end === ')' ? reader.sees(/^\)/) : keywordAt(reader) === end);

const keywordAt = (reader: Reader): string | undefined => reader.look(KEYWORDS)?.[1];

function parsePipe(reader: Reader): Node {
  const negated = reader.take(/^!\s+/) !== undefined;
  const parts = [parseCommand(reader)];
  for (;;) {
    reader.skipBlanks();
    if (!reader.take(/^\|(?!\|)/)) break;
    reader.skipLines();
    parts.push(parseCommand(reader));
  }
  return parts.length === 1 && !negated ? parts[0]! : {type: 'pipe', parts, negated};
}

function parseCommand(reader: Reader): Node {
  const compound = parseCompound(reader);
  if (!compound) return parseSimple(reader);
  const redirects = parseRedirects(reader);
  return redirects.length > 0 ? {type: 'redirected', body: compound, redirects} : compound;
}

function parseCompound(reader: Reader): Node | undefined {
  if (reader.take(/^\(/)) {
    const body = parseList(reader, [')']);
    if (!reader.take(/^\)/)) give();
    return {type: 'group', body, own: true};
  }
  const keyword = keywordAt(reader);
  if (keyword === undefined) return undefined;
  reader.take(KEYWORDS);
  switch (keyword) {
    case '{':
      return {type: 'group', body: parseUntil(reader, '}'), own: false};
    case 'if':
      return parseIf(reader);
    case 'while':
    case 'until': {
      const condition = parseUntil(reader, 'do');
      return {type: 'loop', until: keyword === 'until', condition, body: parseUntil(reader, 'done')};
    }
    case 'for':
      return parseFor(reader);
    default:
      return give();
  }
}

/** A list up to a keyword, which is taken too. */
function parseUntil(reader: Reader, end: string): Node {
  const list = parseList(reader, [end]);
  if (keywordAt(reader) !== end) give();
  reader.take(KEYWORDS);
  return list;
}

function parseIf(reader: Reader): Node {
  const branches: {condition: Node; body: Node}[] = [];
  for (;;) {
    const condition = parseUntil(reader, 'then');
    const body = parseList(reader, ['elif', 'else', 'fi']);
    branches.push({condition, body});
    const next = keywordAt(reader);
    reader.take(KEYWORDS);
    if (next === 'elif') continue;
    if (next === 'fi') return {type: 'if', branches};
    if (next !== 'else') give();
    return {type: 'if', branches, otherwise: parseUntil(reader, 'fi')};
  }
}

function parseFor(reader: Reader): Node {
  const header = reader.take(/^\s*[A-Za-z_]\w*\s+in(?=\s)/) ?? give();
  const words = parseWords(reader);
  if (!reader.take(/^[ \t]*[;\n]\s*/) || keywordAt(reader) !== 'do') give();
  reader.take(KEYWORDS);
  return {type: 'for', name: header.trim().split(/\s/)[0]!, words, body: parseUntil(reader, 'done')};
}

function parseWords(reader: Reader): Word[] {
  const words: Word[] = [];
  for (;;) {
    reader.skipBlanks();
    const word = readWord(reader);
    if (!word) return words;
    words.push(word);
  }
}

function parseSimple(reader: Reader): Node {
  if (reader.sees(UNKNOWN)) give();
  const assignments: [string, Word][] = [];
  const words: Word[] = [];
  const redirects: Redirect[] = [];
  for (;;) {
    redirects.push(...parseRedirects(reader));
    const name = words.length === 0 ? reader.take(/^[A-Za-z_]\w*=/) : undefined;
    const word = readWord(reader);
    if (name !== undefined) assignments.push([name.slice(0, -1), word ?? []]);
    else if (word) words.push(word);
    else break;
  }
  if (assignments.length === 0 && words.length === 0 && redirects.length === 0) give();
  return {type: 'simple', assignments, words, redirects};
}

function parseRedirects(reader: Reader): Redirect[] {
  const redirects: Redirect[] = [];
  for (;;) {
    reader.skipBlanks();
    const sign = reader.take(/^([012&]?>{1,2}|0?<(?![<(&]))/);
    if (sign === undefined) return redirects;
    const stream = reader.take(/^&[12](?=[\s;|&)]|$)/);
    if (stream === undefined && reader.sees(/^&/)) give();
    reader.skipBlanks();
    const to = stream === undefined ? (readWord(reader) ?? give()) : (stream[1] as '1' | '2');
    const from = sign.endsWith('<') ? '0' : /^[012&]/.test(sign) ? (sign[0] as Redirect['from']) : '1';
    redirects.push({from, append: sign.endsWith('>>'), to});
  }
}
