import type {Literal} from './ast.ts';
import type {Token} from './lexer.ts';

const SIMPLE: {readonly [letter: string]: string} = {a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v'};
const ESCAPES = /\\(?:([0-3][0-7]{2})|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gsu;

/** The text of a string token. */
export function readString(token: string, report: (message: string) => void): string {
  const {raw, body} = unquote(token);
  if (raw) return body;
  return body.replace(ESCAPES, (_, octal?: string, hex?: string, short?: string, long?: string, letter?: string) => {
    if (letter !== undefined) return SIMPLE[letter] ?? letter;
    const code = octal !== undefined ? Number.parseInt(octal, 8) : Number.parseInt((hex ?? short ?? long)!, 16);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      report('invalid unicode code point');
      return '�';
    }
    return String.fromCodePoint(code);
  });
}

/** The bytes of a bytes token without its `b`: octal and hexadecimal escapes are bytes, the rest is UTF-8. */
export function readBytes(token: string): Uint8Array {
  const {raw, body} = unquote(token);
  if (raw) return Buffer.from(body);
  const parts: Buffer[] = [];
  let end = 0;
  for (const match of body.matchAll(ESCAPES)) {
    parts.push(Buffer.from(body.slice(end, match.index)));
    end = match.index + match[0].length;
    const [, octal, hex, short, long, letter] = match;
    if (octal !== undefined) parts.push(Buffer.from([Number.parseInt(octal, 8)]));
    else if (hex !== undefined) parts.push(Buffer.from([Number.parseInt(hex, 16)]));
    else if (letter !== undefined) parts.push(Buffer.from(SIMPLE[letter] ?? letter));
    else parts.push(Buffer.from(String.fromCodePoint(Math.min(Number.parseInt((short ?? long)!, 16), 0x10ffff))));
  }
  parts.push(Buffer.from(body.slice(end)));
  return Buffer.concat(parts);
}

function unquote(token: string): {raw: boolean; body: string} {
  const raw = /^[rR]/.test(token);
  const quoted = raw ? token.slice(1) : token;
  const width = /^("""|''')/.test(quoted) && quoted.length >= 6 ? 3 : 1;
  return {raw, body: quoted.slice(width, -width)};
}

/** What a token stands for; the minus before it makes a number `negative`. */
export function readLiteral({type, text}: Token, negative: boolean, report: (message: string) => void): Literal {
  const sign = negative ? -1n : 1n;
  switch (type) {
    case 'NUM_INT': {
      const value = sign * BigInt(text);
      if (BigInt.asIntN(64, value) !== value) report('invalid int literal');
      return {type: 'int', value};
    }
    case 'NUM_UINT': {
      const value = BigInt(text.slice(0, -1));
      if (BigInt.asUintN(64, value) !== value) report('invalid uint literal');
      return {type: 'uint', value};
    }
    case 'NUM_FLOAT': {
      const value = Number(text) * (negative ? -1 : 1);
      if (!Number.isFinite(value)) report('invalid double literal');
      return {type: 'double', value};
    }
    case 'STRING':
      return {type: 'string', value: readString(text, report)};
    case 'BYTES':
      return {type: 'bytes', value: readBytes(text.slice(1))};
    case 'null':
      return {type: 'null', value: null};
    default:
      return {type: 'bool', value: type === 'true'};
  }
}
