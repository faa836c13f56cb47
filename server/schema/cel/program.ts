import type {CallExpr, ComprehensionExpr, Expr, Literal, StructExpr} from './ast.ts';
import type {Checked} from './checker.ts';
import type {Overload} from './declarations.ts';
import {noSuchOverload} from './no-overload.ts';
import {compileRegex} from './regex.ts';
import {callCost} from './runtime-cost.ts';
import type {CelType} from './types.ts';
import type {CelError, CelMap, Value} from './values.ts';
import {equal, failure, goTypeName, isError, isOfType, isTagged, list, mapKey, optional, typeName, uint} from './values.ts';

/** What a run reads and counts. */
export interface Run {
  /** A variable's value; called each time the variable is read. */
  variable(name: string): Value | undefined;
  /** Spent so far, in CEL's cost units. */
  cost: number;
  readonly limit: number;
  readonly locals: Value[];
  /** Characters and values touched so far. */
  touched: number;
  /** How many values are in a list, map or object, once counted. */
  readonly weights: WeakMap<object, number>;
}

/** A checked expression ready to be evaluated many times. */
export interface Program {
  /** Evaluates; an error is a value. Stops with one when the cost passes the limit. */
  evaluate(variable: (name: string) => Value | undefined, limit: number): {value: Value; cost: number};
}

/** Thrown by `compileProgram` for constants that cannot be converted. */
export class ProgramError extends Error {}

/** Cost of list, map and object literals. */
const LIST_COST = 10;
const MAP_COST = 30;
const STRUCT_COST = 40;

const CONVERSIONS = new Set(['bool', 'bytes', 'double', 'duration', 'dyn', 'int', 'string', 'timestamp', 'uint']);
/** Functions whose literal patterns are compiled beforehand. */
const FINDERS = new Set(['find', 'findAll']);
/** Functions whose cost is known only when they have run. */
const RESULT_SIZED = new Set(['join', 'slice', 'lists.range', 'reverse', 'flatten']);
/** Functions that look into all of what they are given. */
const DEEP = new Set(['_==_', '_!=_', '@in', 'distinct', 'sets.contains', 'sets.equivalent', 'sets.intersects', 'indexOf', 'lastIndexOf']);
/** Characters and values one evaluation may touch: CEL's cost takes some calls for cheap that are not. */
const WORK_LIMIT = 10_000_000;

const MUST_NOT_BE_ERRORS = new Set(['@not_strictly_false']);

type Step = (run: Run) => Value;

class LimitExceeded extends Error {}

/** Turns a checked expression into closures. Throws ProgramError. */
export function compileProgram(checked: Checked, typeNames: ReadonlyMap<string, CelType>): Program {
  const step = compiler(checked, typeNames)(checked.expr);
  return {
    evaluate(variable, limit) {
      const run: Run = {variable, cost: 0, limit, locals: [], touched: 0, weights: new WeakMap()};
      try {
        return {value: step(run), cost: run.cost};
      } catch (error) {
        if (error instanceof LimitExceeded) return {value: failure('operation cancelled: actual cost limit exceeded'), cost: run.cost};
        if (error instanceof RangeError) return {value: failure('maximum evaluation depth exceeded'), cost: run.cost};
        throw error;
      }
    },
  };
}

function charge(run: Run, cost: number): void {
  run.cost += cost;
  if (run.cost > run.limit) throw new LimitExceeded();
}

/** Counts what a call may touch, and stops what touches too much. */
function work(run: Run, name: string, values: readonly Value[]): void {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) {
    if (typeof value === 'string') run.touched += value.length;
    else if (typeof value === 'object' && value !== null && DEEP.has(name)) least = Math.min(least, weight(run, value));
  }
  if (Number.isFinite(least)) run.touched += least;
  if (run.touched > WORK_LIMIT) throw new LimitExceeded();
}

function weight(run: Run, value: Value): number {
  if (typeof value === 'string') return 1 + value.length / 8;
  if (typeof value !== 'object' || value === null) return 1;
  const known = run.weights.get(value);
  if (known !== undefined) return known;
  let total = 1;
  if (isTagged(value, 'list')) for (const item of value.items) total += weight(run, item);
  else if (isTagged(value, 'map')) for (const [, own] of value.entries.values()) total += 1 + weight(run, own);
  else if (isTagged(value, 'object')) for (const name of value.fields()) total += 1 + weight(run, value.get(name)!);
  run.weights.set(value, total);
  return total;
}

function compiler({types, overloads, names}: Checked, typeNames: ReadonlyMap<string, CelType>) {
  const scope: string[] = [];
  /** What is known before anything runs: literals, and what conversions make of them. */
  const constants = new Map<number, Value>();

  function compile(node: Expr): Step {
    switch (node.kind) {
      case 'literal': {
        const value = literalValue(node.literal);
        constants.set(node.id, value);
        return () => value;
      }
      case 'ident':
        return identifier(node.name);
      case 'select': {
        const name = names.get(node.id);
        if (name !== undefined) return identifier(name);
        return select(compile(node.operand), node.field, node.test);
      }
      case 'call':
        return call(node);
      case 'list':
        return listLiteral(node.elements.map(compile), node.optional);
      case 'map':
        return mapLiteral(node.entries.map(({key, value, optional}) => ({key: compile(key), value: compile(value), optional})));
      case 'struct':
        return struct(node);
      case 'comprehension':
        return comprehension(node);
    }
  }

  function identifier(name: string): Step {
    const slot = scope.lastIndexOf(name);
    if (slot >= 0 && !name.startsWith('.'))
      return run => {
        charge(run, 1);
        return run.locals[slot]!;
      };
    const plain = name.replace(/^\./, '');
    const type = typeNames.get(plain);
    const typeValue: Value | undefined = type && {kind: 'type', name: type.name};
    return run => {
      charge(run, 1);
      const found = run.variable(plain);
      const value = found === undefined ? typeValue : found;
      return value === undefined ? failure(`no such attribute(s): ${plain}`) : value;
    };
  }

  function call(node: CallExpr): Step {
    const target = node.target && !names.has(node.id) ? [node.target] : [];
    const args = [...target, ...node.args];
    const [first, second, third] = args;
    switch (node.function) {
      case '_&&_':
        return logical(compile(first!), compile(second!), false);
      case '_||_':
        return logical(compile(first!), compile(second!), true);
      case '_?_:_':
        return conditional(compile(first!), compile(second!), compile(third!));
      case '_?._':
        return optionalSelect(compile(first!), fieldName(second!));
      case '_[_]':
        return index(compile(first!), compile(second!), false);
      case '_[?_]':
        return index(compile(first!), compile(second!), true);
      case '@not_strictly_false': {
        const operand = compile(first!);
        return run => {
          const value = operand(run);
          charge(run, 1);
          return value !== false;
        };
      }
      default:
        return functionCall(node, args);
    }
  }

  function functionCall(node: CallExpr, args: readonly Expr[]): Step {
    const name = names.get(node.id) ?? node.function.replace(/^\./, '');
    const steps = args.map(compile);
    const candidates = overloads.get(node.id) ?? [];
    const isStatic = candidates.length === 1 && args.every((arg, index) => isDecided(types.get(arg.id), candidates[0]!.args[index]!));
    const choose = isStatic ? () => candidates[0] : (values: readonly Value[]) => candidates.find(candidate => accepts(candidate, values));
    const apply = (values: readonly Value[], run: Run | undefined): Value => {
      const chosen = choose(values);
      if (chosen === undefined) return noSuchOverload(name, values);
      if (!run) return chosen.call(...values);
      work(run, name, values);
      const isKnown = !RESULT_SIZED.has(name);
      if (isKnown) charge(run, callCost(name, chosen.id, values, null));
      const result = chosen.call(...values);
      if (!isKnown) charge(run, callCost(name, chosen.id, values, result));
      return result;
    };
    if (FINDERS.has(name)) checkPattern(args[1]);
    const constant = CONVERSIONS.has(name) && args.length === 1 ? constants.get(args[0]!.id) : undefined;
    if (constant !== undefined) {
      const value = apply([constant], undefined);
      if (isError(value)) throw new ProgramError(value.message);
      constants.set(node.id, value);
      return () => value;
    }
    return run => {
      const values: Value[] = [];
      for (const step of steps) {
        const value = step(run);
        if (isError(value) && !MUST_NOT_BE_ERRORS.has(name)) return value;
        values.push(value);
      }
      return apply(values, run);
    };
  }

  function struct(node: StructExpr): Step {
    const type = types.get(node.id)!.name;
    const fields = node.fields.map(({name, value, optional}) => ({name, value: compile(value), optional}));
    return run => {
      const values = new Map<string, Value>();
      for (const {name, value: step, optional} of fields) {
        const value = step(run);
        if (isError(value)) return value;
        if (!optional) values.set(name, value);
        else if (isTagged(value, 'optional') && value.value !== undefined) values.set(name, value.value);
      }
      charge(run, STRUCT_COST);
      return {kind: 'object', type, get: name => values.get(name), fields: () => [...values.keys()]};
    };
  }

  function comprehension(node: ComprehensionExpr): Step {
    const range = compile(node.range);
    const init = compile(node.init);
    const base = scope.length;
    scope.push(node.accuVar, node.iterVar, ...(node.iterVar2 === undefined ? [] : [node.iterVar2]));
    const grows = node.init.kind === 'list' || node.init.kind === 'map';
    const grow = grows ? growing(node.step) : undefined;
    const condition = grow ? undefined : compile(node.condition);
    const step = grow ? undefined : compile(node.step);
    scope.length = base + 1;
    const result = compile(node.result);
    scope.length = base;
    return run => {
      const over = range(run);
      if (isError(over)) return over;
      const pairs = iterate(over, node.iterVar2 !== undefined);
      if (pairs === undefined) return notIterable(over, node.iterVar2 !== undefined);
      const initial = init(run);
      if (grow) return growAll(run, pairs, base, grow, initial, result);
      run.locals[base] = initial;
      for (const [key, value] of pairs) {
        if (condition!(run) !== true) break;
        run.locals[base + 1] = key;
        run.locals[base + 2] = value;
        run.locals[base] = step!(run);
      }
      return result(run);
    };
  }

  /** The step of map, filter and the transformations, which adds to the accumulator in place: copying it each time would be quadratic. */
  function growing(step: Expr): Grow | undefined {
    if (step.kind !== 'call') return undefined;
    const [first, second, third] = step.args as [Expr, Expr, Expr];
    if (step.function === '_?_:_') {
      const test = compile(first);
      const then = growing(second);
      return (
        then &&
        ((run, to) => {
          const value = test(run);
          if (value === true) return then(run, to);
          return value === false ? undefined : isError(value) ? value : failure('no such overload');
        })
      );
    }
    if (step.function === '_+_' && second.kind === 'list' && second.elements.length === 1) {
      const item = compile(second.elements[0]!);
      return (run, to) => {
        const value = item(run);
        if (isError(value)) return value;
        charge(run, LIST_COST + 2);
        return void (to as Value[]).push(value);
      };
    }
    if (step.function !== 'cel.@mapInsert') return undefined;
    if (third === undefined) return insertEntries(compile(second));
    const key = compile(second);
    const value = compile(third);
    return (run, to) => insert(run, to as Map<string, readonly [Value, Value]>, key(run), value(run));
  }

  return compile;
}

/** Adds to a list or map being built; an error ends it. */
type Grow = (run: Run, to: Value[] | Map<string, readonly [Value, Value]>) => CelError | undefined;

function growAll(run: Run, pairs: Iterable<readonly [Value, Value]>, base: number, grow: Grow, initial: Value, result: Step): Value {
  const isList = isTagged(initial, 'list');
  const to: Value[] | Map<string, readonly [Value, Value]> = isList ? [] : new Map();
  for (const [key, value] of pairs) {
    run.locals[base + 1] = key;
    run.locals[base + 2] = value;
    charge(run, 1);
    const error = grow(run, to);
    if (error) return error;
  }
  run.locals[base] = isList ? list(to as Value[]) : {kind: 'map', entries: to as Map<string, readonly [Value, Value]>};
  return result(run);
}

function insert(run: Run, to: Map<string, readonly [Value, Value]>, key: Value, value: Value): CelError | undefined {
  if (isError(key)) return key;
  if (isError(value)) return value;
  charge(run, 2);
  const text = mapKey(key);
  if (text === undefined) return failure(`unsupported key type: ${typeName(key)}`);
  if (to.has(text)) return failure(`insert failed: key ${String(key)} already exists`);
  to.set(text, [key, value]);
  return undefined;
}

const insertEntries =
  (entries: Step): Grow =>
  (run, to) => {
    const value = entries(run);
    if (isError(value)) return value;
    if (!isTagged(value, 'map')) return failure('no such overload');
    for (const [key, own] of value.entries.values()) {
      const error = insert(run, to as Map<string, readonly [Value, Value]>, key, own);
      if (error) return error;
    }
    return undefined;
  };

function iterate(over: Value, two: boolean): Iterable<readonly [Value, Value]> | undefined {
  if (isTagged(over, 'list')) return listPairs(over.items, two);
  if (isTagged(over, 'map')) return over.entries.values();
  if (isTagged(over, 'object')) return over.fields().map(name => [name, over.get(name)!] as const);
  return undefined;
}

const notIterable = (over: Value, two: boolean): CelError =>
  failure(two ? `unsupported comprehension range type: ${goTypeName(over)}` : `got '${goTypeName(over)}', expected iterable type`);

function checkPattern(pattern: Expr | undefined): void {
  const compiled = pattern?.kind === 'literal' && pattern.literal.type === 'string' ? compileRegex(pattern.literal.value) : undefined;
  if (typeof compiled === 'string') throw new ProgramError(compiled);
}

function* listPairs(items: readonly Value[], two: boolean): Iterable<readonly [Value, Value]> {
  for (let index = 0; index < items.length; index++) yield two ? [BigInt(index), items[index]!] : [items[index]!, null];
}

const fieldName = (node: Expr): string => (node.kind === 'literal' && node.literal.type === 'string' ? node.literal.value : '');

function literalValue(literal: Literal): Value {
  return literal.type === 'uint' ? uint(literal.value) : literal.value;
}

/** Does the checker's type say that an argument fits? */
const isDecided = (given: CelType | undefined, wanted: CelType): boolean =>
  wanted.kind === 'dyn' ||
  wanted.kind === 'param' ||
  (given !== undefined && given.kind !== 'dyn' && given.kind !== 'error' && given.kind !== 'null');

const accepts = (overload: Overload, values: readonly Value[]): boolean =>
  values.length === overload.args.length && values.every((value, index) => isOfType(value, overload.args[index]!));

/** && (`absorbing` false) and || (true): whichever side decides does so, errors of the other notwithstanding. */
function logical(left: Step, right: Step, absorbing: boolean): Step {
  return run => {
    const first = left(run);
    if (first === absorbing) return absorbing;
    const second = right(run);
    if (second === absorbing) return absorbing;
    if (isError(first)) return first;
    if (isError(second)) return second;
    return typeof first === 'boolean' && typeof second === 'boolean' ? !absorbing : failure('no such overload');
  };
}

function conditional(test: Step, yes: Step, no: Step): Step {
  return run => {
    const value = test(run);
    if (value === true) return yes(run);
    if (value === false) return no(run);
    return isError(value) ? value : failure('no such overload');
  };
}

/** A field's or key's value; undefined: there is none. */
function member(value: Value, field: string): Value | undefined {
  if (isTagged(value, 'object')) return value.get(field);
  if (isTagged(value, 'map')) return value.entries.get(`s${field}`)?.[1];
  return undefined;
}

function select(operand: Step, field: string, test: boolean): Step {
  return run => {
    const value = operand(run);
    if (isError(value)) return value;
    if (!test) charge(run, 1);
    if (isTagged(value, 'optional')) {
      const found = value.value === undefined ? undefined : member(value.value, field);
      return test ? found !== undefined : optional(found);
    }
    const found = member(value, field);
    if (test) return found !== undefined;
    return found === undefined ? failure(`no such key: ${field}`) : found;
  };
}

function optionalSelect(operand: Step, field: string): Step {
  return run => {
    const value = operand(run);
    if (isError(value)) return value;
    charge(run, 1);
    const inner = isTagged(value, 'optional') ? value.value : value;
    return optional(inner === undefined ? undefined : member(inner, field));
  };
}

function index(operand: Step, key: Step, asOptional: boolean): Step {
  return run => {
    const value = operand(run);
    if (isError(value)) return value;
    const at = key(run);
    if (isError(at)) return at;
    charge(run, 1);
    if (isTagged(value, 'optional')) {
      if (value.value === undefined) return value;
      const found = lookUp(value.value, at);
      return optional(isError(found) ? undefined : found);
    }
    const found = lookUp(value, at);
    return asOptional ? optional(isError(found) ? undefined : found) : found;
  };
}

function lookUp(value: Value, key: Value): Value {
  if (isTagged(value, 'list')) {
    const position =
      typeof key === 'number' ? key : typeof key === 'bigint' ? Number(key) : isTagged(key, 'uint') ? Number(key.value) : Number.NaN;
    if (!Number.isInteger(position)) return failure(`unsupported index type '${typeName(key)}' in list`);
    return value.items[position] ?? (position >= 0 && position < value.items.length ? null : failure(`index out of bounds: ${position}`));
  }
  const text = mapKey(key);
  if (text === undefined) return failure(`invalid qualifier type: ${goTypeName(key)}`);
  const found = isTagged(value, 'map')
    ? value.entries.get(text)
    : isTagged(value, 'object') && typeof key === 'string'
      ? ([key, value.get(key)] as const)
      : undefined;
  if (found === undefined || found[1] === undefined) return failure(`no such key: ${keyText(key)}`);
  return found[1];
}

const keyText = (key: Value): string => (isTagged(key, 'uint') ? String(key.value) : String(key));

function listLiteral(elements: readonly Step[], optionals: ReadonlySet<number>): Step {
  return run => {
    const items: Value[] = [];
    for (const [position, element] of elements.entries()) {
      const value = element(run);
      if (isError(value)) return value;
      if (!optionals.has(position)) items.push(value);
      else if (isTagged(value, 'optional') && value.value !== undefined) items.push(value.value);
    }
    charge(run, LIST_COST);
    return list(items);
  };
}

function mapLiteral(entries: readonly {key: Step; value: Step; optional: boolean}[]): Step {
  return run => {
    const result = new Map<string, readonly [Value, Value]>();
    for (const {key: keyStep, value: valueStep, optional: mayLack} of entries) {
      const key = keyStep(run);
      if (isError(key)) return key;
      let value = valueStep(run);
      if (isError(value)) return value;
      if (mayLack && isTagged(value, 'optional')) {
        if (value.value === undefined) continue;
        value = value.value;
      }
      // The last of several equal keys counts; keys that nothing equals are entries of their own.
      result.set(mapKey(key) ?? `?${result.size}`, [key, value]);
    }
    charge(run, MAP_COST);
    return {kind: 'map', entries: result} satisfies CelMap;
  };
}

/** Is the value in the list, or a key of the map? */
export function contains(value: Value, range: Value): Value {
  if (isTagged(range, 'list')) return range.items.some(item => equal(item, value));
  const text = mapKey(value);
  if (isTagged(range, 'map')) return text !== undefined && range.entries.has(text);
  if (isTagged(range, 'object')) return typeof value === 'string' && range.get(value) !== undefined;
  return failure('no such overload');
}
