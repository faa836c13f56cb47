import type {Token} from './lexer.ts';

/** What an expression may begin with, as messages list it. */
export const EXPRESSION_START = `'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER`;
export const OPTIONAL_START = EXPRESSION_START.replace(`'!', `, `'!', '?', `);
/** The types of tokens that an expression may begin with. */
export const STARTS = new Set([
  '[',
  '{',
  '(',
  '.',
  '-',
  '!',
  'true',
  'false',
  'null',
  'NUM_FLOAT',
  'NUM_INT',
  'NUM_UINT',
  'STRING',
  'BYTES',
  'IDENTIFIER',
]);

/** Thrown where reading cannot go on; what is wrong has been reported. */
export class Unreadable extends Error {}

/** Where a parser stands in its tokens, and what it does about one that does not fit: as ANTLR's recovery. */
export interface TokenCursor {
  /** The token at hand, or one that comes later. */
  peek(): Token;
  peek(ahead: number): Token | undefined;
  is(type: string): boolean;
  take(): Token;
  /** Leaves out the token at hand, and says so. */
  skip(expecting: string): void;
  /** Takes a token of a type, or says what is there instead; one superfluous token is skipped. */
  expect(type: string, expecting?: string): Token;
  unexpected(expecting: string): never;
  fail(at: number, message: string): never;
}

const CLOSERS = new Set([')', ']', '}']);

export function createTokenCursor(tokens: readonly Token[], report: (at: number, message: string) => void): TokenCursor {
  let position = 0;
  /** A token was made up, and none has fitted since: what is missing now is told no more. */
  let recovering = false;
  const peek = (ahead = 0): Token => tokens[position + ahead]!;
  const is = (type: string): boolean => peek().type === type;
  const take = (): Token => tokens[position++]!;
  const fail = (at: number, message: string): never => {
    report(at, message);
    throw new Unreadable();
  };
  const unexpected = (expecting: string): never => {
    const token = peek();
    return fail(token.at, `Syntax error: mismatched input '${token.text}' expecting ${expecting}`);
  };
  const skip = (expecting: string): void => {
    const token = take();
    report(token.at, `Syntax error: extraneous input '${token.text}' expecting ${expecting}`);
  };
  const expect = (type: string, expecting = type === 'EOF' ? '<EOF>' : type === 'IDENTIFIER' ? type : `'${type}'`): Token => {
    if (is(type)) {
      recovering = false;
      return take();
    }
    const token = peek();
    if (mayBeMadeUp(type, token, expecting)) {
      if (!recovering) report(token.at, `Syntax error: missing ${expecting} at '${token.text}'`);
      recovering = true;
      return token;
    }
    if (peek(1)?.type !== type || token.type === 'EOF') return unexpected(expecting);
    skip(expecting);
    return take();
  };
  return {peek, is, take, skip, expect, unexpected, fail};
}

/** ANTLR goes on as if the one token that is wanted were there, where what is there could follow it. */
const mayBeMadeUp = (type: string, token: Token, expecting: string): boolean =>
  (token.type === 'EOF' && CLOSERS.has(type) && expecting === `'${type}'`) || (type === ':' && STARTS.has(token.type));
