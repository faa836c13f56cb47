import type {CallExpr, ComprehensionExpr, Expr, Literal} from './ast.ts';
import {ACCUMULATOR} from './ast.ts';
import type {Builder} from './parser.ts';

type Expander = (make: Maker, target: Expr, args: readonly Expr[]) => Expr | undefined;

/** Node makers at the place of one macro call. */
interface Maker {
  literal(literal: Literal): Expr;
  ident(name: string): Expr;
  accu(): Expr;
  call(name: string, ...args: Expr[]): CallExpr;
  list(...elements: Expr[]): Expr;
  map(...entries: [Expr, Expr][]): Expr;
  fold(parts: Pick<ComprehensionExpr, 'range' | 'iterVar' | 'iterVar2' | 'init' | 'condition' | 'step' | 'result'>): Expr;
  report(at: number, message: string): undefined;
}

const RECEIVER: {readonly [key: string]: Expander} = {
  'all:2': predicate('all', 1),
  'exists:2': predicate('exists', 1),
  'exists_one:2': predicate('exists_one', 1),
  'all:3': predicate('all', 2),
  'exists:3': predicate('exists', 2),
  'existsOne:3': predicate('exists_one', 2),
  'exists_one:3': predicate('exists_one', 2),
  'map:2': mapped,
  'map:3': mapped,
  'filter:2': filtered,
  'transformList:3': transformList,
  'transformList:4': transformList,
  'transformMap:3': transformMap,
  'transformMap:4': transformMap,
  'transformMapEntry:3': transformMapEntry,
  'transformMapEntry:4': transformMapEntry,
  'optMap:2': optionalMap(false),
  'optFlatMap:2': optionalMap(true),
  'sortBy:2': sortBy,
};

/** Expands a macro call; undefined: it is none, or its arguments are wrong (reported). */
export function expandMacro(builder: Builder, name: string, target: Expr | undefined, args: readonly Expr[], at: number): Expr | undefined {
  if (target === undefined) return name === 'has' && args.length === 1 ? presence(builder, args[0]!, at) : undefined;
  if (!Object.hasOwn(RECEIVER, `${name}:${args.length}`)) return undefined;
  return RECEIVER[`${name}:${args.length}`]!(maker(builder, at), target, args);
}

function maker(builder: Builder, at: number): Maker {
  const node = () => ({id: builder.id(), at});
  const make: Maker = {
    literal: literal => ({kind: 'literal', ...node(), literal}),
    ident: name => ({kind: 'ident', ...node(), name}),
    accu: () => make.ident(ACCUMULATOR),
    call: (name, ...args) => ({kind: 'call', ...node(), function: name, target: undefined, args}),
    list: (...elements) => ({kind: 'list', ...node(), elements, optional: new Set()}),
    map: (...entries) => ({kind: 'map', ...node(), entries: entries.map(([key, value]) => ({...node(), key, value, optional: false}))}),
    fold: parts => ({kind: 'comprehension', ...node(), accuVar: ACCUMULATOR, ...parts}),
    report: (place, message) => void builder.report(place, message),
  };
  return make;
}

function presence(builder: Builder, arg: Expr, at: number): Expr | undefined {
  if (arg.kind === 'select' && !arg.test) return {...arg, id: builder.id(), at, test: true};
  builder.report(arg.at, 'invalid argument to has() macro');
  return undefined;
}

const TRUE = {type: 'bool', value: true} as const;
const FALSE = {type: 'bool', value: false} as const;

/** The name of an iteration variable. */
function variable(make: Maker, arg: Expr, message: string): string | undefined {
  if (arg.kind !== 'ident' || arg.name.startsWith('.')) return make.report(arg.at, message);
  if (arg.name === ACCUMULATOR || arg.name === '__result__')
    return make.report(arg.at, 'iteration variable overwrites accumulator variable');
  return arg.name;
}

/** The variables of a two-variable macro. */
function variables(make: Maker, [first, second]: readonly Expr[]): [string, string] | undefined {
  const one = variable(make, first!, 'argument must be a simple name');
  if (one === undefined) return undefined;
  const two = variable(make, second!, 'argument must be a simple name');
  if (two === undefined) return undefined;
  if (one === two) return make.report(second!.at, `duplicate variable name: ${one}`);
  return [one, two];
}

function predicate(name: 'all' | 'exists' | 'exists_one', count: 1 | 2): Expander {
  return (make, range, args) => {
    const names = count === 2 ? variables(make, args) : [variable(make, args[0]!, 'argument must be a simple name')];
    if (names?.[0] === undefined) return undefined;
    const [iterVar, iterVar2] = names as [string, string?];
    const test = args[count]!;
    const fold = (init: Expr, condition: Expr, step: Expr, result: Expr): Expr =>
      make.fold({range, iterVar, iterVar2, init, condition, step, result});
    if (name === 'all') {
      const step = make.call('_&&_', make.accu(), test);
      return fold(make.literal(TRUE), make.call('@not_strictly_false', make.accu()), step, make.accu());
    }
    if (name === 'exists') {
      const condition = make.call('@not_strictly_false', make.call('!_', make.accu()));
      return fold(make.literal(FALSE), condition, make.call('_||_', make.accu(), test), make.accu());
    }
    const one = (): Expr => make.literal({type: 'int', value: 1n});
    const step = make.call('_?_:_', test, make.call('_+_', make.accu(), one()), make.accu());
    return fold(make.literal({type: 'int', value: 0n}), make.literal(TRUE), step, make.call('_==_', make.accu(), one()));
  };
}

function mapped(make: Maker, range: Expr, args: readonly Expr[]): Expr | undefined {
  const iterVar = variable(make, args[0]!, 'argument is not an identifier');
  if (iterVar === undefined) return undefined;
  const filter = args.length === 3 ? args[1] : undefined;
  let step: Expr = make.call('_+_', make.accu(), make.list(args.at(-1)!));
  if (filter) step = make.call('_?_:_', filter, step, make.accu());
  return make.fold({range, iterVar, iterVar2: undefined, init: make.list(), condition: make.literal(TRUE), step, result: make.accu()});
}

function filtered(make: Maker, range: Expr, args: readonly Expr[]): Expr | undefined {
  const iterVar = variable(make, args[0]!, 'argument is not an identifier');
  if (iterVar === undefined) return undefined;
  const step = make.call('_?_:_', args[1]!, make.call('_+_', make.accu(), make.list(args[0]!)), make.accu());
  return make.fold({range, iterVar, iterVar2: undefined, init: make.list(), condition: make.literal(TRUE), step, result: make.accu()});
}

/** The fold of the three transformations: `add` puts one result to the accumulator. */
function transform(make: Maker, range: Expr, args: readonly Expr[], init: Expr, add: (names: [string, string], value: Expr) => Expr) {
  const names = variables(make, args);
  if (names === undefined) return undefined;
  const filter = args.length === 4 ? args[2] : undefined;
  let step = add(names, args.at(-1)!);
  if (filter) step = make.call('_?_:_', filter, step, make.accu());
  return make.fold({range, iterVar: names[0], iterVar2: names[1], init, condition: make.literal(TRUE), step, result: make.accu()});
}

function transformList(make: Maker, range: Expr, args: readonly Expr[]): Expr | undefined {
  return transform(make, range, args, make.list(), (_, value) => make.call('_+_', make.accu(), make.list(value)));
}

function transformMap(make: Maker, range: Expr, args: readonly Expr[]): Expr | undefined {
  return transform(make, range, args, make.map(), ([key], value) => make.call('cel.@mapInsert', make.accu(), make.ident(key), value));
}

function transformMapEntry(make: Maker, range: Expr, args: readonly Expr[]): Expr | undefined {
  return transform(make, range, args, make.map(), (_, entry) => make.call('cel.@mapInsert', make.accu(), entry));
}

/** A variable bound to a value within an expression: a fold over nothing, whose accumulator has the name. */
const bind = (make: Maker, name: string, value: Expr, result: Expr): Expr => ({
  ...(make.fold({
    range: make.list(),
    iterVar: '#unused',
    iterVar2: undefined,
    init: value,
    condition: make.literal(FALSE),
    step: make.ident(name),
    result,
  }) as ComprehensionExpr),
  accuVar: name,
});

const member = (make: Maker, name: string, target: Expr, ...args: Expr[]): Expr => ({...make.call(name, ...args), target});

function optionalMap(flat: boolean): Expander {
  return (make, target, args) => {
    const name = args[0]!;
    if (name.kind !== 'ident' || name.name.startsWith('.')) {
      return make.report(name.at, `${flat ? 'optFlatMap' : 'optMap'}() variable name must be a simple identifier`);
    }
    // The target is evaluated once and looked at three times.
    const held = '@target';
    const value = bind(make, name.name, member(make, 'value', make.ident(held)), args[1]!);
    const none = make.call('optional.none');
    const present = member(make, 'hasValue', make.ident(held));
    return bind(make, held, target, make.call('_?_:_', present, flat ? value : make.call('optional.of', value), none));
  };
}

function sortBy(make: Maker, target: Expr, args: readonly Expr[]): Expr | undefined {
  if (!['list', 'ident', 'comprehension', 'call', 'select'].includes(target.kind))
    return make.report(target.at, 'sortBy can only be applied to a list, identifier, comprehension, call or select expression');
  const name = args[0]!;
  if (name.kind !== 'ident' || name.name.startsWith('.')) return make.report(name.at, 'argument is not an identifier');
  const keys = mapped(make, make.ident('@sortBy'), args);
  return keys && bind(make, '@sortBy', target, member(make, '@sortByAssociatedKeys', make.ident('@sortBy'), keys));
}
