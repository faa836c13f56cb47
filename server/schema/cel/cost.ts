import type {CallExpr, ComprehensionExpr, Expr} from './ast.ts';
import {ACCUMULATOR} from './ast.ts';
import type {Checked} from './checker.ts';
import type {Range} from './cost-calls.ts';
import {ADD, estimateCall, fixed, MAXIMUM, MULTIPLY, multiplyBy, ONE, UNKNOWN, union, ZERO} from './cost-calls.ts';
import type {DeclaredType} from './schema-types.ts';
import type {CelType} from './types.ts';

/** What is known of an expression's value: where it lies in the schema, and its size. */
export interface Known {
  readonly type: CelType | undefined;
  readonly path: readonly string[];
  readonly size: Range | undefined;
  readonly literal?: Expr;
}

interface Entry {
  readonly kind: 'list' | 'map';
  readonly key: Range;
  readonly value: Range;
}

interface Local {
  readonly path: readonly string[];
  readonly size: Range | undefined;
  readonly entry: Entry | undefined;
}

const LIST_COST = fixed(10);
const MAP_COST = fixed(30);
const STRUCT_COST = fixed(40);

/**
 * The most an expression can cost, given the sizes its schema allows (cel-go checker/cost.go).
 * `root` is what all paths start from, whatever the variable (the real estimator looks no closer). Capped at 2^64.
 */
export function estimateCost({expr, types, overloads, names}: Checked, root: DeclaredType | undefined): number {
  const paths = new Map<number, readonly string[]>();
  const sizes = new Map<number, Range>();
  const entries = new Map<number, Entry>();
  const locals = new Map<string, Local[]>();

  const local = (name: string): Local | undefined => locals.get(name)?.at(-1);
  const push = (name: string, value: Local): void => void (locals.get(name)?.push(value) ?? locals.set(name, [value]));
  const pop = (name: string): void => void locals.get(name)?.pop();
  const pathOf = (node: Expr): readonly string[] =>
    (node.kind === 'ident' ? local(node.name)?.path : undefined) ?? paths.get(node.id) ?? [];

  function declaredSize(path: readonly string[]): Range | undefined {
    if (path.length === 0) return undefined;
    let current = root;
    for (const name of path.slice(1)) {
      if (current === undefined) return undefined;
      if (name === '@items' || name === '@values') current = current.element;
      else if (name === '@keys') current = current.key;
      else current = current.fields?.get(name);
    }
    return current && {min: 0, max: current.maxElements};
  }

  function sizeOf(node: Expr): Range | undefined {
    const known = sizes.get(node.id) ?? literalSize(node);
    if (known) return known;
    const fromSchema = declaredSize(pathOf(node));
    if (fromSchema) {
      sizes.set(node.id, fromSchema);
      return fromSchema;
    }
    if (isScalar(types.get(node.id))) return ONE;
    return node.kind === 'ident' ? local(node.name)?.size : undefined;
  }

  const entryOf = (node: Expr): Entry | undefined => entries.get(node.id) ?? (node.kind === 'ident' ? local(node.name)?.entry : undefined);
  const setEntry = (node: Expr, entry: Entry | undefined): void => void (entry && entries.set(node.id, entry));
  const setSize = (node: Expr, size: Range | undefined): void => void (size && sizes.set(node.id, size));

  function known(node: Expr): Known {
    const path = pathOf(node);
    return {type: types.get(node.id), path: path[0] === ACCUMULATOR ? [] : path, size: sizeOf(node), literal: node};
  }

  function cost(node: Expr): Range {
    switch (node.kind) {
      case 'literal':
        return ZERO;
      case 'ident':
        paths.set(node.id, local(node.name)?.path ?? [node.name]);
        return ONE;
      case 'select': {
        if (names.has(node.id)) return ONE;
        const operand = cost(node.operand);
        if (node.test) return operand;
        paths.set(node.id, [...pathOf(node.operand), node.field]);
        const kind = types.get(node.operand.id)?.kind;
        return kind === 'map' || kind === 'object' || kind === 'param' ? ADD(operand, ONE) : operand;
      }
      case 'call':
        return call(node);
      case 'list': {
        let item: Range = node.elements.length === 0 ? ZERO : {min: MAXIMUM, max: 0};
        let sum = LIST_COST;
        for (const element of node.elements) {
          sum = ADD(sum, cost(element));
          item = union(item, sizeOf(element) ?? UNKNOWN);
        }
        setEntry(node, {kind: 'list', key: ONE, value: item});
        return sum;
      }
      case 'map':
        return node.entries.reduce((sum, {key, value}) => {
          const total = ADD(ADD(sum, cost(key)), cost(value));
          const before = entries.get(node.id);
          const [keySize, valueSize] = [sizeOf(key) ?? UNKNOWN, sizeOf(value) ?? UNKNOWN];
          setEntry(node, {
            kind: 'map',
            key: before ? union(before.key, keySize) : keySize,
            value: before ? union(before.value, valueSize) : valueSize,
          });
          return total;
        }, MAP_COST);
      case 'struct':
        return node.fields.reduce((sum, {value}) => ADD(sum, cost(value)), STRUCT_COST);
      case 'comprehension':
        return comprehension(node);
    }
  }

  function call(node: CallExpr): Range {
    if (node.function === 'dyn' && node.args.length === 1) {
      const own = ADD(ONE, cost(node.args[0]!));
      setSize(node, sizeOf(node.args[0]!));
      setEntry(node, entryOf(node.args[0]!));
      return own;
    }
    const name = names.get(node.id) ?? node.function;
    const argCosts = node.args.map(cost);
    const args = node.args.map(known);
    const target = node.target && !names.has(node.id) ? node.target : undefined;
    const targetCost = target ? cost(target) : ZERO;
    const targetKnown = target && known(target);
    let total: Range = {min: MAXIMUM, max: 0};
    let size: Range | undefined;
    for (const {id} of overloads.get(node.id) ?? [{id: name}]) {
      const one = ownCall(node, name, id, targetKnown, args, argCosts);
      total = union(total, one.cost);
      if (one.size) size = size ? union(size, one.size) : one.size;
      if (id === 'index_list' || id === 'index_map') {
        const suffix = id === 'index_list' ? '@items' : '@values';
        size = entryOf(node.args[0]!)?.value;
        paths.set(node.id, [...pathOf(node.args[0]!), suffix]);
      }
      size ??= sizeOf(node);
    }
    setSize(node, size);
    return ADD(targetCost, total);
  }

  function ownCall(
    node: CallExpr,
    name: string,
    id: string,
    target: Known | undefined,
    args: Known[],
    argCosts: Range[],
  ): {cost: Range; size?: Range | undefined} {
    const sum = argCosts.reduce(ADD, ZERO);
    const [first, second, third] = argCosts as [Range, Range, Range];
    if (id === 'logical_and' || id === 'logical_or') return {cost: {min: first.min, max: ADD(first, second).max}};
    if (id === 'conditional') {
      const size = union(args[1]!.size ?? UNKNOWN, args[2]!.size ?? UNKNOWN);
      setEntry(node, joined(entryOf(node.args[1]!), entryOf(node.args[2]!)));
      return {cost: ADD(first, union(second, third)), size};
    }
    if (id === 'add_list' || id === 'add_string' || id === 'add_bytes') {
      setEntry(node, joined(entryOf(node.args[0]!), entryOf(node.args[1]!)));
      const size = ADD(args[0]!.size ?? UNKNOWN, args[1]!.size ?? UNKNOWN);
      return {cost: ADD(id === 'add_list' ? ONE : multiplyBy(size, 0.1), sum), size};
    }
    const own = estimateCall(name, id, target, args, path => declaredSize(path));
    return {cost: ADD(own.cost, sum), size: own.size};
  }

  function comprehension(node: ComprehensionExpr): Range {
    const {range, init, iterVar, iterVar2, accuVar} = node;
    if (range.kind === 'list' && range.elements.length === 0 && accuVar !== ACCUMULATOR) return binding(node);
    let sum = ADD(cost(range), cost(init));
    push(accuVar, {path: pathOf(init), size: sizeOf(init), entry: entryOf(init)});
    const entry = entryOf(range);
    const isList = (entry?.kind ?? types.get(range.id)?.kind) === 'list';
    const path = pathOf(range);
    const keys: Local = {path: [...path, isList ? '@indices' : '@keys'], size: entry?.key, entry: undefined};
    const values: Local = {path: [...path, isList ? '@items' : '@values'], size: entry?.value, entry: undefined};
    push(iterVar, iterVar2 !== undefined ? keys : isList ? values : keys);
    if (iterVar2 !== undefined) push(iterVar2, values);
    const loop = cost(node.condition);
    const step = cost(node.step);
    pop(iterVar);
    if (iterVar2 !== undefined) pop(iterVar2);
    sum = ADD(sum, cost(node.result));
    pop(accuVar);
    const count = sizeOf(range) ?? UNKNOWN;
    sum = ADD(sum, MULTIPLY(count, ADD(step, loop)));
    if (init.kind === 'literal') setSize(node, sizeOf(init));
    else if (init.kind === 'list' || init.kind === 'map') {
      setSize(node, count);
      setEntry(node, entryOf(node.step));
    }
    return sum;
  }

  function binding(node: ComprehensionExpr): Range {
    let sum = ADD(cost(node.range), cost(node.init));
    push(node.accuVar, {path: pathOf(node.init), size: sizeOf(node.init), entry: entryOf(node.init)});
    sum = ADD(sum, cost(node.result));
    pop(node.accuVar);
    setSize(node, sizeOf(node.result));
    setEntry(node, entryOf(node.result));
    return sum;
  }

  return cost(expr).max;
}

const joined = (a: Entry | undefined, b: Entry | undefined): Entry | undefined =>
  a && b && {kind: a.kind, key: union(a.key, b.key), value: union(a.value, b.value)};

function literalSize(node: Expr): Range | undefined {
  if (node.kind === 'list') return fixed(node.elements.length);
  if (node.kind === 'map') return fixed(node.entries.length);
  if (node.kind !== 'literal') return undefined;
  const {type, value} = node.literal;
  if (type === 'string') return fixed([...value].length);
  return fixed(type === 'bytes' ? value.length : 1);
}

function isScalar(type: CelType | undefined): boolean {
  if (type === undefined) return false;
  if (type.kind === 'opaque' && type.name === 'optional_type') return isScalar(type.params[0]);
  return ['bool', 'double', 'duration', 'int', 'timestamp', 'uint'].includes(type.kind);
}
