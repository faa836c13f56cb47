import type {CallExpr, ComprehensionExpr, Expr, Literal, StructExpr} from './ast.ts';
import type {Checked} from './checker.ts';
import type {Overload} from './declarations.ts';
import type {Grow} from './iteration.ts';
import {growAll, insert, insertEntries, iterate, notIterable} from './iteration.ts';
import {noSuchOverload} from './no-overload.ts';
import {compileRegex} from './regex.ts';
import type {Run, Step} from './run.ts';
import {charge, LimitExceeded, work} from './run.ts';
import {callCost} from './runtime-cost.ts';
import {conditional, index, LIST_COST, listLiteral, logical, mapLiteral, optionalSelect, select} from './steps.ts';
import type {CelType} from './types.ts';
import type {Value} from './values.ts';
import {failure, isError, isOfType, isTagged, uint} from './values.ts';

/** A checked expression ready to be evaluated many times. */
export interface Program {
  /** Evaluates; an error is a value. Stops with one when the cost passes the limit. */
  evaluate(variable: (name: string) => Value | undefined, limit: number): {value: Value; cost: number};
}

/** Thrown by `compileProgram` for constants that cannot be converted. */
export class ProgramError extends Error {}

/** Cost of object literals. */
const STRUCT_COST = 40;

const CONVERSIONS = new Set(['bool', 'bytes', 'double', 'duration', 'dyn', 'int', 'string', 'timestamp', 'uint']);
/** Functions whose literal patterns are compiled beforehand. */
const FINDERS = new Set(['find', 'findAll']);
/** Functions whose cost is known only when they have run. */
const RESULT_SIZED = new Set(['join', 'slice', 'lists.range', 'reverse', 'flatten']);
const MUST_NOT_BE_ERRORS = new Set(['@not_strictly_false']);

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

function checkPattern(pattern: Expr | undefined): void {
  const compiled = pattern?.kind === 'literal' && pattern.literal.type === 'string' ? compileRegex(pattern.literal.value) : undefined;
  if (typeof compiled === 'string') throw new ProgramError(compiled);
}

const fieldName = (node: Expr): string => (node.kind === 'literal' && node.literal.type === 'string' ? node.literal.value : '');

function literalValue(literal: Literal): Value {
  return literal.type === 'uint' ? uint(literal.value) : literal.value;
}

/** Does the checker's type say that an argument fits? Of times it does not: those that are declared for namespaces are text. */
const isDecided = (given: CelType | undefined, wanted: CelType): boolean =>
  wanted.kind === 'dyn' || wanted.kind === 'param' || (given !== undefined && !UNDECIDED.has(given.kind));

const UNDECIDED = new Set<CelType['kind']>(['dyn', 'error', 'null', 'timestamp']);

const accepts = (overload: Overload, values: readonly Value[]): boolean =>
  values.length === overload.args.length && values.every((value, index) => isOfType(value, overload.args[index]!));
