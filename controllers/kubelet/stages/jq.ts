import type {Json} from '../../../server/api/json.ts';
import {isObject} from '../../../server/api/json.ts';

/** A compiled expression: from one input to any number of results. What cannot be looked up gives none. */
export type Query = (input: Json) => Json[];

/** Text that is no expression of the supported part of jq. */
export class QueryError extends Error {
  constructor(text: string, what: string) {
    super(`invalid expression ${JSON.stringify(text)}: ${what}`);
    this.name = 'QueryError';
  }
}

/**
 * Compiles the part of jq that Stages use: paths (`.a.b["c"].[0].[]`), pipes, `select`, comparisons, `and`, `or`, `not`, `//`,
 * `length`, `keys`, `has`, `test`, `startswith`, `endswith`, `tostring`, `tonumber`, `any`, `all`, `map`, literals, lists, parentheses.
 */
export function compileQuery(text: string): Query {
  const tokens = tokenize(text);
  let position = 0;
  const fail = (what: string): never => {
    throw new QueryError(text, what);
  };
  const peek = () => tokens[position];
  const accept = (token: string): boolean => {
    if (tokens[position] !== token) return false;
    position++;
    return true;
  };
  const expect = (token: string) => {
    if (!accept(token)) fail(`${token} expected${peek() === undefined ? ' at the end' : ` before ${peek()}`}`);
  };

  const pipe = (): Query => {
    let left = alternative();
    while (accept('|')) left = compose(left, alternative());
    return left;
  };
  const alternative = (): Query => {
    const left = disjunction();
    if (!accept('//')) return left;
    const right = alternative();
    return input => {
      const found = left(input).filter(isTrue);
      return found.length > 0 ? found : right(input);
    };
  };
  const disjunction = (): Query => {
    let left = conjunction();
    while (accept('or')) left = combine(left, conjunction(), (a, b) => isTrue(a) || isTrue(b));
    return left;
  };
  const conjunction = (): Query => {
    let left = comparison();
    while (accept('and')) left = combine(left, comparison(), (a, b) => isTrue(a) && isTrue(b));
    return left;
  };
  const comparison = (): Query => {
    const left = postfix();
    const compare = COMPARISONS[peek() ?? ''];
    if (!compare) return left;
    position++;
    return combine(left, postfix(), compare);
  };

  const postfix = (): Query => {
    let query = primary();
    for (;;) {
      if (accept('[')) query = compose(query, subscript());
      else if (accept('?')) continue;
      else if (peek()?.startsWith('.') && peek() !== '.') query = compose(query, field(tokens[position++]!.slice(1)));
      else if (peek() === '.' && tokens[position + 1] === '[') position++;
      else return query;
    }
  };
  const subscript = (): Query => {
    if (accept(']')) return input => (Array.isArray(input) ? input : isObject(input) ? (Object.values(input) as Json[]) : []);
    const index = pipe();
    expect(']');
    return input => index(input).flatMap(key => lookUp(input, key));
  };

  const primary = (): Query => {
    const token = tokens[position++];
    if (token === undefined) return fail('it ends too early');
    if (token === '.') return input => [input];
    if (token.startsWith('."')) return field(JSON.parse(token.slice(1)) as string);
    if (token.startsWith('.')) return field(token.slice(1));
    if (token === '(') {
      const inner = pipe();
      expect(')');
      return inner;
    }
    if (token === '[') {
      const inner = accept(']') ? undefined : pipe();
      if (inner) expect(']');
      return input => [inner ? inner(input) : []];
    }
    if (/^["\d-]/.test(token)) {
      const literal = JSON.parse(token) as Json;
      return () => [literal];
    }
    if (Object.hasOwn(CONSTANTS, token)) return () => [CONSTANTS[token]!];
    return call(token);
  };
  const call = (name: string): Query => {
    const make = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]! : fail(`unknown function ${name}`);
    const argument = accept('(') ? pipe() : undefined;
    if (argument) expect(')');
    if (make.length > 0 !== (argument !== undefined)) fail(`${name} takes ${make.length} arguments`);
    return make(argument!);
  };

  const query = pipe();
  if (position < tokens.length) fail(`unexpected ${peek()}`);
  return query;
}

const CONSTANTS: {[name: string]: Json} = {true: true, false: false, null: null};

const isTrue = (value: Json): boolean => value !== null && value !== false;

const compose =
  (first: Query, second: Query): Query =>
  input =>
    first(input).flatMap(second);

const combine =
  (left: Query, right: Query, operate: (a: Json, b: Json) => boolean): Query =>
  input =>
    right(input).flatMap(b => left(input).map(a => operate(a, b)));

const lookUp = (input: Json, key: Json): Json[] => {
  if (Array.isArray(input) && typeof key === 'number') return [input.at(key) ?? null];
  if (isObject(input) && typeof key === 'string') return [(Object.hasOwn(input, key) ? input[key] : null) ?? null];
  return input === null ? [null] : [];
};

const field =
  (name: string): Query =>
  input =>
    lookUp(input, name);

const text = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** jq's order over types and values, for what Stages compare. */
const order = (a: Json, b: Json): number => {
  const [x, y] = typeof a === 'number' && typeof b === 'number' ? [a, b] : [text(a), text(b)];
  return x < y ? -1 : x > y ? 1 : 0;
};

const COMPARISONS: {[operator: string]: ((a: Json, b: Json) => boolean) | undefined} = {
  '==': (a, b) => JSON.stringify(a) === JSON.stringify(b),
  '!=': (a, b) => JSON.stringify(a) !== JSON.stringify(b),
  '<': (a, b) => order(a, b) < 0,
  '<=': (a, b) => order(a, b) <= 0,
  '>': (a, b) => order(a, b) > 0,
  '>=': (a, b) => order(a, b) >= 0,
};

const FUNCTIONS: {[name: string]: (argument: Query) => Query} = {
  select: condition => input => (condition(input).some(isTrue) ? [input] : []),
  map: each => input => [Array.isArray(input) ? input.flatMap(each) : []],
  any: each => input => [Array.isArray(input) && input.some(value => each(value).some(isTrue))],
  all: each => input => [Array.isArray(input) && input.every(value => each(value).some(isTrue))],
  has: key => input => key(input).map(name => isObject(input) && Object.hasOwn(input, text(name))),
  test: pattern => input => pattern(input).map(expression => new RegExp(text(expression)).test(text(input))),
  startswith: start => input => start(input).map(value => text(input).startsWith(text(value))),
  endswith: end => input => end(input).map(value => text(input).endsWith(text(value))),
  not: () => input => [!isTrue(input)],
  empty: () => () => [],
  length: () => input => [
    Array.isArray(input) || typeof input === 'string' ? input.length : isObject(input) ? Object.keys(input).length : 0,
  ],
  keys: () => input => [isObject(input) ? Object.keys(input).sort() : []],
  tostring: () => input => [text(input)],
  tonumber: () => input => [Number(input)],
};

const TOKEN = /\s+|\."(?:[^"\\]|\\.)*"|\.[A-Za-z_$][\w$]*|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|[A-Za-z_]\w*|\/\/|==|!=|<=|>=|[.[\]()|<>?,]/y;

function tokenize(source: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < source.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (!match) throw new QueryError(source, `unexpected ${JSON.stringify(source[at])}`);
    if (match[0].trim() !== '') tokens.push(match[0]);
  }
  return tokens;
}
