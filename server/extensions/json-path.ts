import type {Json} from '../api/json.ts';
import {isObject} from '../api/json.ts';

/** A simple JSON path as CRDs use it: `.spec.a`, `['x.y']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`. */
export type JsonPath = readonly Step[];

type Step =
  | {readonly type: 'name'; readonly name: string}
  | {readonly type: 'index'; readonly index: number}
  | {readonly type: 'all'}
  | {readonly type: 'filter'; readonly path: JsonPath; readonly operator: string; readonly value: Json | undefined};

/** Reads a path; undefined where it is none that is supported here. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const steps: Step[] = [];
  let rest = text
    .trim()
    .replace(/^\{(.*)\}$/, '$1')
    .replace(/^\$/, '');
  while (rest !== '') {
    const found = nextStep(rest);
    if (!found) return undefined;
    steps.push(found.step);
    rest = rest.slice(found.length);
  }
  return steps;
}

function nextStep(text: string): {step: Step; length: number} | undefined {
  const name = /^\.((?:[^.[\]\\]|\\.)+)/.exec(text);
  if (name) return {step: name[1] === '*' ? {type: 'all'} : {type: 'name', name: name[1]!.replace(/\\(.)/g, '$1')}, length: name[0].length};
  const quoted = /^\[(['"])(.*?)\1\]/.exec(text);
  if (quoted) return {step: {type: 'name', name: quoted[2]!}, length: quoted[0].length};
  const index = /^\[(-?\d+)\]/.exec(text);
  if (index) return {step: {type: 'index', index: Number(index[1])}, length: index[0].length};
  if (text.startsWith('[*]')) return {step: {type: 'all'}, length: 3};
  const filter = /^\[\?\(\s*@((?:\.|\[)[^=!<>]*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*\)\]/.exec(text);
  if (!filter) return undefined;
  const path = parseJsonPath(filter[1]!);
  return path && {step: {type: 'filter', path, operator: filter[2] ?? '', value: literal(filter[3])}, length: filter[0].length};
}

function literal(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  if (quoted) return quoted[2]!;
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** All values the path leads to. */
export function findAll(value: Json | undefined, path: JsonPath): Json[] {
  let found: Json[] = value === undefined ? [] : [value];
  for (const step of path) found = found.flatMap(node => follow(node, step));
  return found;
}

function follow(node: Json, step: Step): Json[] {
  const defined = (value: Json | undefined): Json[] => (value === undefined ? [] : [value]);
  switch (step.type) {
    case 'name':
      return isObject(node) && Object.hasOwn(node, step.name) ? defined(node[step.name]) : [];
    case 'index':
      return Array.isArray(node) ? defined(node.at(step.index)) : [];
    case 'all':
      return Array.isArray(node) ? node : isObject(node) ? Object.values(node).flatMap(defined) : [];
    case 'filter':
      return (Array.isArray(node) ? node : []).filter(item => holds(findAll(item, step.path)[0], step.operator, step.value));
  }
}

function holds(left: Json | undefined, operator: string, right: Json | undefined): boolean {
  if (operator === '') return left !== undefined;
  if (left === undefined || left === null || right === undefined || right === null) return operator === '!=';
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  return operator === '<' ? left < right : operator === '>' ? left > right : operator === '<=' ? left <= right : left >= right;
}

/** The names of a path that only names members: `.spec.replicas` → [spec, replicas]; undefined for any other. */
export function memberNames(text: string): string[] | undefined {
  const path = parseJsonPath(text);
  return path?.every(step => step.type === 'name') ? path.map(step => (step as {name: string}).name) : undefined;
}
