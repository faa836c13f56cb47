import type {Issue} from './issues.ts';

export type TokenType = 'EOF' | 'IDENTIFIER' | 'ESC_IDENTIFIER' | 'NUM_FLOAT' | 'NUM_INT' | 'NUM_UINT' | 'STRING' | 'BYTES' | string; // punctuation and keywords are their own type

export interface Token {
  readonly type: TokenType;
  readonly text: string;
  /** Offset in code points. */
  readonly at: number;
}

const OPERATORS = [
  '==',
  '!=',
  '<=',
  '>=',
  '&&',
  '||',
  '<',
  '>',
  '[',
  ']',
  '{',
  '}',
  '(',
  ')',
  '.',
  ',',
  '-',
  '!',
  '?',
  ':',
  '+',
  '*',
  '/',
  '%',
];
const KEYWORDS = new Set(['in', 'true', 'false', 'null']);
const SPACE = /[\t \r\n\f]+|\/\/[^\n]*/uy;
const NUMBER = /0x[0-9a-fA-F]+[uU]|\d+[uU]|0x[0-9a-fA-F]+|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|\d+/uy;
const ESCAPE = String.raw`\\(?:[abfnrtv"'\\?` + '`]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})';
const STRINGS = [
  `[rR]"""[^]*?"""`,
  `[rR]'''[^]*?'''`,
  `[rR]"[^"\\n\\r]*"`,
  `[rR]'[^'\\n\\r]*'`,
  `"""(?:${ESCAPE}|[^\\\\])*?"""`,
  `'''(?:${ESCAPE}|[^\\\\])*?'''`,
  `"(?:${ESCAPE}|[^\\\\"\\n\\r])*"`,
  `'(?:${ESCAPE}|[^\\\\'\\n\\r])*'`,
];
const STRING = new RegExp(`[bB]?(?:${STRINGS.join('|')})`, 'uy');
/** As much of a string as could still become one. */
const STRING_START = [new RegExp(`[bB]?"(?:${ESCAPE}|[^\\\\"\\n\\r])*`, 'uy'), new RegExp(`[bB]?'(?:${ESCAPE}|[^\\\\'\\n\\r])*`, 'uy')];
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/uy;
const ESC_IDENTIFIER = /`[A-Za-z0-9_.\-/ ]+`/uy;

/** Reads all tokens; what is none is reported and skipped as ANTLR's lexers do. */
export function tokenize(source: string, issues: Issue[]): Token[] {
  const tokens: Token[] = [];
  const offsets = codePointOffsets(source);
  let position = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    return pattern.exec(source)?.[0];
  };
  while (position < source.length) {
    const space = match(SPACE);
    if (space !== undefined) {
      position += space.length;
      continue;
    }
    const found = nextToken(match, source, position);
    if (found) {
      tokens.push({type: found.type, text: found.text, at: offsets(position)});
      position += found.text.length;
      continue;
    }
    const bad = unreadable(match, source, position);
    issues.push({at: offsets(position), message: `Syntax error: token recognition error at: '${escapeSpace(bad)}'`});
    position += bad.length;
  }
  tokens.push({type: 'EOF', text: '<EOF>', at: offsets(source.length)});
  return tokens;
}

function nextToken(
  match: (pattern: RegExp) => string | undefined,
  source: string,
  position: number,
): {type: string; text: string} | undefined {
  const string = match(STRING);
  if (string !== undefined) return {type: /^[bB]/.test(string) ? 'BYTES' : 'STRING', text: string};
  const identifier = match(IDENTIFIER);
  if (identifier !== undefined) return {type: KEYWORDS.has(identifier) ? identifier : 'IDENTIFIER', text: identifier};
  const number = match(NUMBER);
  if (number !== undefined) return {type: numberType(number), text: number};
  const escaped = match(ESC_IDENTIFIER);
  if (escaped !== undefined) return {type: 'ESC_IDENTIFIER', text: escaped};
  const operator = OPERATORS.find(candidate => source.startsWith(candidate, position));
  return operator === undefined ? undefined : {type: operator, text: operator};
}

const numberType = (text: string): string =>
  /[uU]$/.test(text) ? 'NUM_UINT' : /^0x/.test(text) || /^\d+$/.test(text) ? 'NUM_INT' : 'NUM_FLOAT';

/** What could have begun a token, and the character at which it could not go on. */
function unreadable(match: (pattern: RegExp) => string | undefined, source: string, position: number): string {
  const char = (at: number): string => (at < source.length ? String.fromCodePoint(source.codePointAt(at)!) : '');
  const start = STRING_START.map(match).find(text => text !== undefined);
  if (start !== undefined) {
    const rest = source.slice(position + start.length);
    const begun = /^\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?/.exec(rest)?.[0] ?? '';
    return start + begun + char(position + start.length + begun.length);
  }
  const first = char(position);
  return '=&|`'.includes(first) ? first + char(position + first.length) : first;
}

const escapeSpace = (text: string): string => text.replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r');

function codePointOffsets(source: string): (position: number) => number {
  if (/^[\0-\x7f]*$/.test(source)) return position => position;
  return position => [...source.slice(0, position)].length;
}
