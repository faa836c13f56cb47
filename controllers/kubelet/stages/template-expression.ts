import type {Json} from '../../../server/api/json.ts';
import {isObject} from '../../../server/api/json.ts';

/** What templates may call, besides Go's own functions. */
export type TemplateFunctions = {readonly [name: string]: (...values: Json[]) => Json};

export class TemplateError extends Error {
  constructor(message: string) {
    super(`template: ${message}`);
    this.name = 'TemplateError';
  }
}

/** What an action is evaluated in: the dot, the variables by scope, the functions. */
export interface Scope {
  dot: Json;
  root: Json;
  variables: Map<string, Json>;
  parent?: Scope;
  functions: TemplateFunctions;
}

/** How Go prints a value into the text. */
export function printValue(value: Json): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(printValue).join(' ')}]`;
  if (isObject(value)) {
    const entries = Object.keys(value).sort();
    return `map[${entries.map(key => `${key}:${printValue(value[key]!)}`).join(' ')}]`;
  }
  return String(value);
}

/** A pipeline, compiled. */
export type Expression = (scope: Scope) => Json;

export interface Lexeme {
  text: string;
  /** Whether blanks come before: `$x .y` are two arguments, `$x.y` is one. */
  spaced: boolean;
}

/** Go's idea of an empty value. */
export const isTruthy = (value: Json): boolean =>
  isObject(value) ? Object.keys(value).length > 0 : Array.isArray(value) ? value.length > 0 : !!value;

const LEXEME = /"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)'|:=|[-+]?\d+(?:\.\d+)?|\$\w*|\.\w+|[A-Za-z_]\w*|[=|(),.]/y;

export function lexAction(text: string): Lexeme[] {
  const lexemes: Lexeme[] = [];
  let at = 0;
  while (at < text.length) {
    const blank = /\s*/y;
    blank.lastIndex = at;
    const spaced = blank.exec(text)![0] !== '';
    at = blank.lastIndex;
    if (at >= text.length) break;
    LEXEME.lastIndex = at;
    const match = LEXEME.exec(text);
    if (!match) throw new TemplateError(`unexpected ${JSON.stringify(text[at])} in {{${text}}}`);
    lexemes.push({text: match[0], spaced: spaced || lexemes.length === 0});
    at = LEXEME.lastIndex;
  }
  return lexemes;
}

/** Parses pipelines: `operand | function argument …`. */
export function createExpressionParser(lexemes: readonly Lexeme[]): {whole(): Expression} {
  let position = 0;
  const peek = () => lexemes[position];

  const pipeline = (): Expression => {
    let value = command();
    while (peek()?.text === '|') {
      position++;
      value = command(value);
    }
    return value;
  };

  /** A function with its arguments, the piped value last; or a single operand. */
  const command = (piped?: Expression): Expression => {
    const name = peek()?.text ?? '';
    if (/^[A-Za-z_]/.test(name) && !Object.hasOwn(LITERALS, name)) {
      position++;
      const given: Expression[] = [];
      while (peek() && peek()!.text !== '|' && peek()!.text !== ')') given.push(operand());
      if (piped) given.push(piped);
      return call(name, given);
    }
    const value = operand();
    if (piped || (peek() && peek()!.text !== '|' && peek()!.text !== ')')) throw new TemplateError(`${name || 'nothing'} is no function`);
    return value;
  };

  const operand = (): Expression => {
    const {text} = lexemes[position++] ?? {text: ''};
    let value: Expression;
    if (text === '(') {
      value = pipeline();
      if (lexemes[position++]?.text !== ')') throw new TemplateError(') is missing');
    } else if (text === '.') value = scope => scope.dot;
    else if (text.startsWith('.')) value = scope => fieldOf(scope.dot, text.slice(1));
    else if (text.startsWith('$')) value = scope => variable(scope, text);
    else if (Object.hasOwn(LITERALS, text)) value = () => LITERALS[text]!;
    else if (/^[-+\d]/.test(text)) value = () => Number(text);
    else if (text.startsWith('"')) {
      const literal = JSON.parse(text) as string;
      value = () => literal;
    } else if (text.startsWith('`')) value = () => text.slice(1, -1);
    else if (/^[A-Za-z_]/.test(text)) value = call(text, []);
    else throw new TemplateError(text === '' ? 'missing value' : `unexpected ${text}`);
    while (peek() && !peek()!.spaced && /^\.\w/.test(peek()!.text)) {
      const name = lexemes[position++]!.text.slice(1);
      const owner = value;
      value = scope => fieldOf(owner(scope), name);
    }
    return value;
  };

  return {
    whole() {
      const value = pipeline();
      if (position < lexemes.length) throw new TemplateError(`unexpected ${peek()!.text}`);
      return value;
    },
  };
}

const LITERALS: {readonly [name: string]: Json} = {true: true, false: false, nil: null};

const fieldOf = (value: Json, name: string): Json => (isObject(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null);

function variable(scope: Scope, name: string): Json {
  if (name === '$') return scope.root;
  for (let owner: Scope | undefined = scope; owner; owner = owner.parent) if (owner.variables.has(name)) return owner.variables.get(name)!;
  throw new TemplateError(`undefined variable "${name}"`);
}

/** `and` and `or` stop at the deciding argument; every other function gets all values. */
function call(name: string, given: readonly Expression[]): Expression {
  if (name === 'and' || name === 'or') {
    return scope => {
      let value: Json = null;
      for (const argument of given) {
        value = argument(scope);
        if (isTruthy(value) === (name === 'or')) return value;
      }
      return value;
    };
  }
  return scope => {
    const own = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
    const run = own ?? (Object.hasOwn(scope.functions, name) ? scope.functions[name] : undefined);
    if (!run) throw new TemplateError(`function "${name}" not defined`);
    return run(...given.map(argument => argument(scope)));
  };
}

const order = (a: Json, b: Json): number => {
  const [x, y] = typeof a === 'number' && typeof b === 'number' ? [a, b] : [printValue(a), printValue(b)];
  return x < y ? -1 : x > y ? 1 : 0;
};

const same = (a: Json, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Go's own functions and those that KWOK adds for every template. */
const BUILT_IN: {readonly [name: string]: (...values: Json[]) => Json} = {
  not: value => !isTruthy(value!),
  eq: (first, ...others) => others.some(other => same(first!, other)),
  ne: (a, b) => !same(a!, b!),
  lt: (a, b) => order(a!, b!) < 0,
  le: (a, b) => order(a!, b!) <= 0,
  gt: (a, b) => order(a!, b!) > 0,
  ge: (a, b) => order(a!, b!) >= 0,
  len: (value = null) =>
    typeof value === 'string' || Array.isArray(value) ? value.length : isObject(value) ? Object.keys(value).length : 0,
  index: (value, ...keys) =>
    keys.reduce<Json>((inner, key) => (Array.isArray(inner) ? (inner[Number(key)] ?? null) : fieldOf(inner, String(key))), value!),
  print: (...values) => values.map(printValue).join(''),
  printf: (format, ...values) => formatText(String(format), values),
  dict: (...pairs) => Object.fromEntries(pairs.flatMap((key, i) => (i % 2 === 0 ? [[String(key), pairs[i + 1] ?? null]] : []))),
  list: (...values) => values,
  default: (...[fallback = null, value = null]) => (isTruthy(value) ? value : fallback),
  Quote: (value = null) => JSON.stringify(printValue(value)),
  quote: (value = null) => JSON.stringify(printValue(value)),
  YAML: value => JSON.stringify(value ?? null),
  toJson: value => JSON.stringify(value ?? null),
  toString: (value: Json) => printValue(value),
  upper: value => String(value).toUpperCase(),
  lower: value => String(value).toLowerCase(),
  trim: value => String(value).trim(),
  hasPrefix: (prefix, value) => String(value).startsWith(String(prefix)),
  hasSuffix: (suffix, value) => String(value).endsWith(String(suffix)),
  contains: (part, value) => String(value).includes(String(part)),
  join: (separator, values) => (Array.isArray(values) ? values.map(printValue).join(String(separator)) : printValue(values!)),
};

function formatText(format: string, values: readonly Json[]): string {
  let next = 0;
  return format.replace(/%(?:0(\d+))?([vsdqt%])/g, (_all, width: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    const value = values[next++] ?? null;
    const text = verb === 'q' ? JSON.stringify(printValue(value)) : printValue(value);
    return width ? text.padStart(Number(width), '0') : text;
  });
}
