import type {Json, JsonObject} from '../api/json.ts';
import {setOwn} from '../api/json.ts';
import type {Document, Parsed} from './document.ts';
import {DecodeError, MAX_DEPTH, NumberLiteral} from './document.ts';

/**
 * Reads JSON. JSON.parse does the work; where it says too little (why a text is wrong, that a key occurs twice, how a number was
 * written) the text is read once more by hand. Throws DecodeError with encoding/json's message. `bytes`: each character is one byte.
 */
export function parseJson(text: string, bytes = false): Document {
  const survey = surveyOf(text);
  if (survey !== undefined && survey.depth <= MAX_DEPTH && !survey.literals) {
    let value: Parsed | undefined;
    try {
      value = JSON.parse(text) as Parsed;
    } catch {
      return readByHand(text, bytes);
    }
    if (countKeys(value) === survey.keys) return {value, duplicates: undefined, strictErrors: [], literals: false};
  }
  return readByHand(text, bytes);
}

/** What JSON.parse reads, with encoding/json's message where it cannot. */
export function plainJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    parseJson(text);
    throw error;
  }
}

/** How deep a JSON text nests; without an end to a string: without end. */
export const nestingOf = (text: string): number => surveyOf(text)?.depth ?? Number.POSITIVE_INFINITY;

interface Survey {
  keys: number;
  depth: number;
  /** Some number has a fraction, an exponent or more than 15 digits, or a string has a lone surrogate. */
  literals: boolean;
}

/** One pass over the characters: enough to know whether JSON.parse loses something. undefined: a string does not end. */
function surveyOf(text: string): Survey | undefined {
  let keys = 0;
  let depth = 0;
  let deepest = 0;
  let digits = 0;
  let literals = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22) {
      const end = closingQuote(text, index);
      if (end < 0) return undefined;
      index = end;
    } else if (code === 0x3a) keys++;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > deepest) deepest = depth;
    } else if (code === 0x7d || code === 0x5d) depth--;
    else if (code >= 0x30 && code <= 0x39) {
      if (++digits > 15) literals = true;
      continue;
    } else if (digits > 0 && (code === 0x2e || code === 0x65 || code === 0x45)) literals = true;
    digits = 0;
  }
  return {keys, depth: deepest, literals: literals || /\\u[dD][89a-fA-F]/.test(text)};
}

function closingQuote(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}

function countKeys(root: Parsed): number {
  let count = 0;
  const open: Parsed[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) {
      for (const item of node) if (typeof item === 'object' && item !== null) open.push(item);
    } else if (typeof node === 'object' && node !== null) {
      const keys = Object.keys(node);
      count += keys.length;
      for (const key of keys) {
        const value = node[key];
        if (typeof value === 'object' && value !== null) open.push(value);
      }
    }
  }
  return count;
}

interface Frame {
  container: JsonObject | Parsed[];
  entries: [string, Parsed][] | undefined;
  key: string;
  repeated: boolean;
}

/** Reads the text token by token, without recursion. */
function readByHand(text: string, bytes: boolean): Document {
  const reader = createReader(text, bytes);
  const duplicates = new Map<JsonObject, [string, Parsed][]>();
  const stack: Frame[] = [];
  let value: Parsed = null;
  for (;;) {
    // A value is due.
    const token = reader.value();
    if (token.open !== undefined) {
      if (stack.length >= MAX_DEPTH) throw new DecodeError('exceeded max depth');
      const list = token.open === '[';
      stack.push({container: list ? [] : {}, entries: list ? undefined : [], key: '', repeated: false});
      if (reader.closes(list ? ']' : '}')) value = close(stack, duplicates);
      else {
        if (!list) stack.at(-1)!.key = reader.key();
        continue;
      }
    } else value = token.value;
    // A value is done: put it where it belongs and see what follows.
    for (;;) {
      const frame = stack.at(-1);
      if (!frame) {
        reader.end();
        return {value, duplicates: duplicates.size > 0 ? duplicates : undefined, strictErrors: [], literals: true};
      }
      put(frame, value);
      if (reader.more(Array.isArray(frame.container))) {
        if (!Array.isArray(frame.container)) frame.key = reader.key();
        break;
      }
      value = close(stack, duplicates);
    }
  }
}

function put(frame: Frame, value: Parsed): void {
  if (Array.isArray(frame.container)) {
    frame.container.push(value);
    return;
  }
  if (Object.hasOwn(frame.container, frame.key)) frame.repeated = true;
  frame.entries!.push([frame.key, value]);
  setOwn(frame.container, frame.key, value);
}

function close(stack: Frame[], duplicates: Map<JsonObject, [string, Parsed][]>): Parsed {
  const {container, entries, repeated} = stack.pop()!;
  if (repeated) duplicates.set(container as JsonObject, entries!);
  return container;
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

interface Token {
  open?: '{' | '[';
  value: Parsed;
}

/** The tokens of a JSON text; every failure has encoding/json's words. */
function createReader(text: string, bytes: boolean) {
  let position = 0;
  const fail = (context: string): DecodeError =>
    new DecodeError(
      position >= text.length
        ? 'unexpected end of JSON input'
        : `invalid character ${bytes ? quoteByte(text.charCodeAt(position)) : quoted(text, position)} ${context}`,
    );
  const space = (): string => {
    while (position < text.length && ' \t\r\n'.includes(text[position]!)) position++;
    return text[position] ?? '';
  };
  const literal = (word: string, value: Parsed): Token => {
    for (let index = 0; index < word.length; index++, position++)
      if (text[position] !== word[index]) throw fail(`in literal ${word} (expecting '${word[index]}')`);
    return {value};
  };
  const string = (): string => {
    const start = position++;
    for (;;) {
      const code = text.charCodeAt(position);
      if (position >= text.length || code < 0x20) throw fail('in string literal');
      if (code === 0x22) break;
      position++;
      if (code !== 0x5c) continue;
      if (!/["\\/bfnrtu]/.test(text[position] ?? '')) throw fail('in string escape code');
      if (text[position++] === 'u')
        for (let digit = 0; digit < 4; digit++, position++)
          if (!/[0-9a-fA-F]/.test(text[position] ?? '')) throw fail('in \\u hexadecimal character escape');
    }
    position++;
    return (JSON.parse(text.slice(start, position)) as string).replace(LONE_SURROGATE, '\ufffd');
  };
  const digits = (context: string): void => {
    if (!/\d/.test(text[position] ?? '')) throw fail(context);
    while (/\d/.test(text[position] ?? '')) position++;
  };
  const number = (): Token => {
    const start = position;
    if (text[position] === '-') position++;
    if (text[position] === '0') position++;
    else digits('in numeric literal');
    let plain = true;
    if (text[position] === '.') {
      position++;
      plain = false;
      digits('after decimal point in numeric literal');
    }
    if (text[position] === 'e' || text[position] === 'E') {
      position++;
      plain = false;
      if (text[position] === '+' || text[position] === '-') position++;
      digits('in exponent of numeric literal');
    }
    const found = text.slice(start, position);
    return {value: plain && found.length <= 15 ? Number(found) : (new NumberLiteral(found) as unknown as Parsed)};
  };
  return {
    value(): Token {
      const next = space();
      if (next === '{' || next === '[') {
        position++;
        return {open: next, value: null};
      }
      if (next === '"') return {value: string()};
      if (next === 't') return literal('true', true);
      if (next === 'f') return literal('false', false);
      if (next === 'n') return literal('null', null);
      if (next === '-' || (next >= '0' && next <= '9')) return number();
      throw fail('looking for beginning of value');
    },
    key(): string {
      if (space() !== '"') throw fail('looking for beginning of object key string');
      const key = string();
      if (space() !== ':') throw fail('after object key');
      position++;
      return key;
    },
    /** Right after an opening bracket: is the container empty? */
    closes(bracket: string): boolean {
      if (space() !== bracket) return false;
      position++;
      return true;
    },
    /** After a member: a comma (more follow) or the closing bracket. */
    more(list: boolean): boolean {
      const next = space();
      if (next !== ',' && next !== (list ? ']' : '}')) throw fail(list ? 'after array element' : 'after object key:value pair');
      position++;
      return next === ',';
    },
    end(): void {
      if (space() !== '') throw fail('after top-level value');
    },
  };
}

/** A character as encoding/json quotes it: it looks at bytes, so the first byte of what UTF-8 writes in several. */
const quoted = (text: string, position: number): string => quoteByte(Buffer.from(String.fromCodePoint(text.codePointAt(position)!))[0]!);

/** A byte as encoding/json shows it. */
export function quoteByte(byte: number): string {
  if (byte === 0x27) return "'\\''";
  if (byte === 0x22) return `'"'`;
  const named: {[code: number]: string} = {7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 92: '\\\\'};
  if (named[byte] !== undefined) return `'${named[byte]}'`;
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, '0')}'`;
  if (byte >= 0x80 && byte <= 0xa0) return `'\\u00${byte.toString(16)}'`;
  return byte === 0xad ? "'\\u00ad'" : `'${String.fromCharCode(byte)}'`;
}
