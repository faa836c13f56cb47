import type {Functions} from '../declarations.ts';
import {declare} from '../declarations.ts';
import {compileRegex} from '../regex.ts';
import type {List, Value} from '../values.ts';
import {failure, list} from '../values.ts';
import {formatString} from './format-string.ts';

const outOfRange = (index: bigint) => failure(`index out of range: ${index}`);

/** Strings (cel-go ext.Strings, version 2) and Kubernetes' find and findAll. */
export function stringLibrary(functions: Functions): void {
  const add = declare(functions);
  add('charAt', 'string_char_at_int', 'string.(int) -> string', (text: string, index: bigint) => {
    const chars = [...text];
    if (index < 0n || index > BigInt(chars.length)) return outOfRange(index);
    return chars[Number(index)] ?? '';
  });
  add('indexOf', 'string_index_of_string', 'string.(string) -> int', (text: string, part: string) => indexOf(text, part, 0n));
  add('indexOf', 'string_index_of_string_int', 'string.(string, int) -> int', indexOf);
  add('lastIndexOf', 'string_last_index_of_string', 'string.(string) -> int', (text: string, part: string) =>
    lastIndexOf(text, part, undefined),
  );
  add('lastIndexOf', 'string_last_index_of_string_int', 'string.(string, int) -> int', lastIndexOf);
  add('join', 'list_join', 'list(string).() -> string', (value: List) => join(value, ''));
  add('join', 'list_join_string', 'list(string).(string) -> string', join);
  add('lowerAscii', 'string_lower_ascii', 'string.() -> string', (text: string) => text.replace(/[A-Z]+/g, part => part.toLowerCase()));
  add('upperAscii', 'string_upper_ascii', 'string.() -> string', (text: string) => text.replace(/[a-z]+/g, part => part.toUpperCase()));
  add('replace', 'string_replace_string_string', 'string.(string, string) -> string', (text: string, from: string, to: string) =>
    replace(text, from, to, -1n),
  );
  add('replace', 'string_replace_string_string_int', 'string.(string, string, int) -> string', replace);
  add('split', 'string_split_string', 'string.(string) -> list(string)', (text: string, separator: string) => split(text, separator, -1n));
  add('split', 'string_split_string_int', 'string.(string, int) -> list(string)', split);
  add('substring', 'string_substring_int', 'string.(int) -> string', (text: string, start: bigint) => substring(text, start, undefined));
  add('substring', 'string_substring_int_int', 'string.(int, int) -> string', substring);
  add('trim', 'string_trim', 'string.() -> string', (text: string) => text.replace(/^[\s\u0085]+|[\s\u0085]+$/g, ''));
  add('format', 'string_format', 'string.(list(dyn)) -> string', (text: string, {items}: List) => formatString(text, items));
  add('strings.quote', 'strings_quote', '(string) -> string', quote);
  add('find', 'string_find_string', 'string.(string) -> string', find);
  add('findAll', 'string_find_all_string', 'string.(string) -> list(string)', (text: string, pattern: string) =>
    findAll(text, pattern, -1n),
  );
  add('findAll', 'string_find_all_string_int', 'string.(string, int) -> list(string)', findAll);
}

function indexOf(text: string, part: string, offset: bigint): Value {
  const chars = [...text];
  if (part === '') return offset;
  if (offset < 0n) return outOfRange(offset);
  if (offset >= BigInt(chars.length)) return -1n;
  const found = text.indexOf(part, chars.slice(0, Number(offset)).join('').length);
  return found < 0 ? -1n : BigInt([...text.slice(0, found)].length);
}

function lastIndexOf(text: string, part: string, offset: bigint | undefined): Value {
  const chars = [...text];
  const from = offset ?? BigInt(chars.length - 1);
  if (part === '') return offset ?? BigInt(chars.length);
  if (offset !== undefined && from < 0n) return outOfRange(from);
  if (from < 0n || from >= BigInt(chars.length)) return -1n;
  const found = text.lastIndexOf(part, chars.slice(0, Number(from)).join('').length);
  return found < 0 ? -1n : BigInt([...text.slice(0, found)].length);
}

function join({items}: List, separator: string): Value {
  const wrong = items.find(item => typeof item !== 'string');
  return wrong === undefined ? items.join(separator) : failure('no such overload');
}

/** No expression may fill the memory. */
const LONGEST_RESULT = 64 * 1024 * 1024;

function replace(text: string, from: string, to: string, count: bigint): Value {
  if (count === 0n) return text;
  const most = from === '' ? text.length + 1 : Math.ceil(text.length / from.length);
  if (most * to.length > LONGEST_RESULT) return failure('result of replace is too long');
  const limit = count < 0n ? Infinity : Number(count);
  const parts: string[] = [];
  let rest = from === '' ? [...text].flatMap(char => ['', char]).concat('') : undefined;
  if (rest) {
    // Between all characters, and at both ends.
    let done = 0;
    return rest.map((part, index) => (index % 2 === 0 ? (done++ < limit ? to : '') : part)).join('');
  }
  let position = 0;
  for (let done = 0; done < limit; done++) {
    const found = text.indexOf(from, position);
    if (found < 0) break;
    parts.push(text.slice(position, found), to);
    position = found + from.length;
  }
  rest = [text.slice(position)];
  return parts.concat(rest).join('');
}

function split(text: string, separator: string, count: bigint): Value {
  if (count === 0n) return list([]);
  if (count === 1n) return list([text]);
  const parts = separator === '' ? [...text] : text.split(separator);
  if (count < 0n || BigInt(parts.length) <= count) return list(parts);
  const kept = parts.slice(0, Number(count) - 1);
  return list([...kept, parts.slice(Number(count) - 1).join(separator)]);
}

function substring(text: string, start: bigint, end: bigint | undefined): Value {
  const chars = [...text];
  const length = BigInt(chars.length);
  if (end !== undefined && start > end) return failure(`invalid substring range. start: ${start}, end: ${end}`);
  if (start < 0n || start > length) return outOfRange(start);
  if (end !== undefined && (end < 0n || end > length)) return outOfRange(end);
  return chars.slice(Number(start), end === undefined ? undefined : Number(end)).join('');
}

const ESCAPED: {readonly [char: string]: string} = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};
/** A string as CEL would write it. */
export const quote = (text: string): string => `"${[...text].map(char => ESCAPED[char] ?? char).join('')}"`;

function find(text: string, pattern: string): Value {
  const compiled = compileRegex(pattern);
  if (typeof compiled === 'string') return failure(`Illegal regex: ${compiled}`);
  const matcher = compiled.matcher(text);
  return matcher.find() ? (matcher.group() ?? '') : '';
}

function findAll(text: string, pattern: string, count: bigint): Value {
  const compiled = compileRegex(pattern);
  if (typeof compiled === 'string') return failure(`Illegal regex: ${compiled}`);
  const found: string[] = [];
  const matcher = compiled.matcher(text);
  while ((count < 0n || BigInt(found.length) < count) && matcher.find()) found.push(matcher.group() ?? '');
  return list(found);
}
