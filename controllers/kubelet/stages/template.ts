import type {Json} from '../../../server/api/json.ts';
import {isObject} from '../../../server/api/json.ts';
import type {Expression, Lexeme, Scope, TemplateFunctions} from './template-expression.ts';
import {createExpressionParser, isTruthy, lexAction, printValue, TemplateError} from './template-expression.ts';

/** A compiled template: the text, or the bare value if the whole template is one action. */
export type Template = (object: Json, functions: TemplateFunctions) => Json;

type Node = (scope: Scope, out: string[]) => void;

/**
 * Compiles the part of Go's text/template that Stages use: fields, variables, pipelines, `if`, `range`, `with` and their `else`,
 * comments, trim markers and the functions of template-expression.ts. Anything else is refused by name.
 */
export function compileTemplate(source: string): Template {
  const parts = split(source);
  const only = parts.filter(part => 'action' in part || part.text.trim() !== '');
  if (only.length === 1 && 'action' in only[0]! && !KEYWORD.test(only[0].action)) {
    const expression = createExpressionParser(lexAction(only[0].action)).whole();
    return (object, functions) => expression(newScope(object, object, functions));
  }
  const {node, rest} = parseList(parts, 0, []);
  if (rest < parts.length) throw new TemplateError('unexpected {{end}}');
  return (object, functions) => {
    const out: string[] = [];
    node(newScope(object, object, functions), out);
    return out.join('');
  };
}

type Part = {text: string} | {action: string};

const KEYWORD = /^(if|else|end|range|with|define|template|block|break|continue)\b/;

function split(source: string): Part[] {
  const parts: Part[] = [];
  let trimNext = false;
  let at = 0;
  for (const match of source.matchAll(/\{\{(-\s)?\s*((?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^"`])*?)\s*(\s-)?\}\}/g)) {
    let text = source.slice(at, match.index);
    if (trimNext) text = text.trimStart();
    if (match[1]) text = text.trimEnd();
    if (text !== '') parts.push({text});
    const action = match[2]!.trim();
    if (!/^\/\*[\s\S]*\*\/$/.test(action)) parts.push({action});
    trimNext = match[3] !== undefined;
    at = match.index + match[0].length;
  }
  const last = trimNext ? source.slice(at).trimStart() : source.slice(at);
  if (last.includes('{{')) throw new TemplateError('unclosed action');
  if (last !== '') parts.push({text: last});
  return parts;
}

/** Reads until an action that begins with one of `stops`; `rest` is its index. */
function parseList(parts: readonly Part[], from: number, stops: readonly string[]): {node: Node; rest: number} {
  const nodes: Node[] = [];
  let i = from;
  while (i < parts.length) {
    const part = parts[i]!;
    if ('text' in part) {
      nodes.push((_scope, out) => void out.push(part.text));
      i++;
      continue;
    }
    const keyword = KEYWORD.exec(part.action)?.[1];
    if (keyword && stops.includes(keyword)) break;
    if (!keyword) {
      nodes.push(parseAction(part.action));
      i++;
    } else if (keyword === 'if' || keyword === 'with' || keyword === 'range') {
      const block = parseBlock(parts, i, keyword, part.action.slice(keyword.length));
      nodes.push(block.node);
      i = block.rest;
    } else throw new TemplateError(stops.length === 0 && keyword === 'end' ? 'unexpected {{end}}' : `{{${keyword}}} is not supported here`);
  }
  if (i >= parts.length && stops.length > 0) throw new TemplateError('unexpected end: {{end}} is missing');
  return {
    node: (scope, out) => {
      for (const node of nodes) node(scope, out);
    },
    rest: i,
  };
}

function parseBlock(parts: readonly Part[], at: number, keyword: 'if' | 'with' | 'range', text: string): {node: Node; rest: number} {
  const head = parseHead(lexAction(text));
  const body = parseList(parts, at + 1, ['else', 'end']);
  const stop = (parts[body.rest] as {action: string}).action;
  let otherwise: Node | undefined;
  let rest = body.rest + 1;
  if (stop.startsWith('else')) {
    const chained = /^else\s+(if|with)\b([\s\S]*)$/.exec(stop);
    const branch = chained
      ? parseBlock(parts, body.rest, chained[1] as 'if' | 'with', chained[2]!)
      : parseList(parts, body.rest + 1, ['end']);
    otherwise = branch.node;
    // A chained block has already taken the common {{end}}.
    rest = chained ? branch.rest : branch.rest + 1;
  }
  const run = {if: runIf, with: runWith, range: runRange}[keyword];
  return {node: (scope, out) => run(head, body.node, otherwise, scope, out), rest};
}

interface Head {
  variables: string[];
  /** `:=` makes a new variable, `=` sets one. */
  declares: boolean;
  value: Expression;
}

function parseAction(text: string): Node {
  const {variables, declares, value} = parseHead(lexAction(text));
  if (variables.length === 0) return (scope, out) => void out.push(printValue(value(scope)));
  return scope => assign(scope, variables[0]!, value(scope), declares);
}

function parseHead(tokens: Lexeme[]): Head {
  const operator = tokens.findIndex(({text}) => text === ':=' || text === '=');
  const names = operator < 0 ? [] : tokens.slice(0, operator).filter(({text}) => text !== ',');
  const value = createExpressionParser(operator < 0 ? tokens : tokens.slice(operator + 1)).whole();
  return {variables: names.map(({text}) => text), declares: tokens[operator]?.text === ':=', value};
}

type Run = (head: Head, body: Node, otherwise: Node | undefined, scope: Scope, out: string[]) => void;

const runIf: Run = ({variables, value}, body, otherwise, scope, out) => {
  const inner = child(scope, scope.dot);
  const result = value(inner);
  if (variables[0]) inner.variables.set(variables[0], result);
  (isTruthy(result) ? body : otherwise)?.(inner, out);
};

const runWith: Run = ({variables, value}, body, otherwise, scope, out) => {
  const result = value(scope);
  if (!isTruthy(result)) return otherwise?.(child(scope, scope.dot), out);
  const inner = child(scope, result);
  if (variables[0]) inner.variables.set(variables[0], result);
  body(inner, out);
};

const runRange: Run = ({variables, value}, body, otherwise, scope, out) => {
  const result = value(scope);
  const entries: [Json, Json][] = Array.isArray(result)
    ? result.map((item, i) => [i, item])
    : isObject(result)
      ? Object.keys(result)
          .sort()
          .map(key => [key, result[key]!])
      : [];
  if (entries.length === 0) return otherwise?.(child(scope, scope.dot), out);
  for (const [key, item] of entries) {
    const inner = child(scope, item);
    const [first, second] = variables;
    if (first) inner.variables.set(first, second ? key : item);
    if (second) inner.variables.set(second, item);
    body(inner, out);
  }
};

const newScope = (dot: Json, root: Json, functions: TemplateFunctions): Scope => ({dot, root, functions, variables: new Map()});

const child = (parent: Scope, dot: Json): Scope => ({...parent, dot, parent, variables: new Map()});

function assign(scope: Scope, name: string, value: Json, declares: boolean): void {
  let owner: Scope | undefined = scope;
  if (!declares) while (owner && !owner.variables.has(name)) owner = owner.parent;
  if (!owner) throw new TemplateError(`undefined variable "${name}"`);
  owner.variables.set(name, value);
}
