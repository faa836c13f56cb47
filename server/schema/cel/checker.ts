import type {CallExpr, ComprehensionExpr, Expr, ListExpr, MapExpr, SelectExpr, StructExpr} from './ast.ts';
import type {Functions, Overload} from './declarations.ts';
import type {Issue} from './issues.ts';
import {selectField} from './schema-types.ts';
import type {CelType} from './types.ts';
import {
  BOOL,
  DYN,
  ERROR,
  formatType,
  INT,
  isDyn,
  isDynOrError,
  isOptional,
  listOf,
  mapOf,
  optionalOf,
  param,
  sameType,
  typeOf,
} from './types.ts';
import type {Substitutions} from './unify.ts';
import {assign, mostGeneral, substitute} from './unify.ts';

/** What an expression may refer to. */
export interface Scope {
  readonly functions: Functions;
  readonly variables: ReadonlyMap<string, CelType>;
  /** Types that can be named, and so compared with type(x). */
  readonly typeNames: ReadonlyMap<string, CelType>;
  /** Types that can be instantiated: `Object.spec{…}`. */
  struct?(name: string): StructDeclaration | undefined;
}

export interface StructDeclaration {
  readonly type: CelType;
  field(name: string): CelType | undefined;
}

/** An expression with what the checker found out of it, by node id. */
export interface Checked {
  readonly expr: Expr;
  readonly type: CelType;
  readonly types: ReadonlyMap<number, CelType>;
  readonly overloads: ReadonlyMap<number, readonly Overload[]>;
  /** Selections that are qualified names of variables or types, and calls of namespaced functions (whose target is no value). */
  readonly names: ReadonlyMap<number, string>;
  /** The variables it reads. */
  readonly references: ReadonlySet<string>;
}

/** Checks the types of an expression (cel-go checker/checker.go); what is wrong goes to `issues`. */
export function check(expr: Expr, scope: Scope, issues: Issue[]): Checked {
  const types = new Map<number, CelType>();
  const overloads = new Map<number, readonly Overload[]>();
  const names = new Map<number, string>();
  const references = new Set<string>();
  const locals: [string, CelType][] = [];
  let known: Substitutions = new Map();
  let variables = 0;

  const report = (at: number, message: string): void => void (issues.length < 100 && issues.push({at, message}));
  const freshVariable = (): CelType => param(`_var${variables++}`);
  const typeOfNode = (node: Expr): CelType => types.get(node.id) ?? ERROR;
  const set = (node: Expr, type: CelType): void => void types.set(node.id, type);
  const accept = (from: readonly CelType[], to: readonly CelType[]): boolean => {
    const result = assign(known, from, to);
    if (result) known = result;
    return result !== undefined;
  };
  const mismatch = (node: Expr, wanted: CelType, found: CelType): void =>
    report(node.at, `expected type '${formatType(wanted)}' but found '${formatType(found)}'`);
  const undeclared = (at: number, name: string): void => report(at, `undeclared reference to '${name}' (in container '')`);

  function resolve(name: string): CelType | undefined {
    const plain = name.startsWith('.') ? name.slice(1) : name;
    if (plain === name) {
      for (let index = locals.length - 1; index >= 0; index--) if (locals[index]![0] === name) return locals[index]![1];
    }
    const variable = scope.variables.get(plain);
    if (variable) {
      references.add(plain);
      return variable;
    }
    const type = scope.typeNames.get(plain);
    return type && typeOf(type);
  }

  function visit(node: Expr): void {
    switch (node.kind) {
      case 'literal':
        set(node, {kind: node.literal.type, name: node.literal.type === 'null' ? 'null_type' : node.literal.type, params: []});
        return;
      case 'ident': {
        const type = resolve(node.name);
        if (type === undefined) undeclared(node.at, node.name.replace(/^\./, ''));
        set(node, type ?? ERROR);
        return;
      }
      case 'select':
        select(node);
        return;
      case 'call':
        call(node);
        return;
      case 'list':
        list(node);
        return;
      case 'map':
        map(node);
        return;
      case 'struct':
        struct(node);
        return;
      case 'comprehension':
        comprehension(node);
        return;
    }
  }

  function select(node: SelectExpr): void {
    const qualified = node.test ? undefined : qualifiedName(node);
    if (qualified !== undefined) {
      const type = resolve(qualified);
      if (type) {
        names.set(node.id, qualified);
        set(node, type);
        return;
      }
    }
    const result = fieldType(node, node.operand, node.field, false);
    set(node, node.test ? BOOL : substitute(known, result, false));
  }

  function fieldType(node: Expr, operand: Expr, field: string, optional: boolean): CelType {
    visit(operand);
    const operandType = substitute(known, typeOfNode(operand), false);
    const wrapped = isOptional(operandType);
    const target = wrapped ? operandType.params[0]! : operandType;
    const wrap = (type: CelType): CelType => (wrapped || optional ? optionalOf(type) : type);
    if (target.kind === 'map') return wrap(target.params[1]!);
    if (target.kind === 'object') {
      const found = target.fields && selectField(target.fields, field);
      // Values of libraries have a type that nobody knows the fields of.
      if (found === undefined)
        report(node.at, target.fields ? `undefined field '${field}'` : `unexpected failed resolution of '${target.name}'`);
      return wrap(found ?? ERROR);
    }
    if (target.kind === 'param') accept([DYN], [target]);
    else if (!isDynOrError(target)) report(node.at, `type '${formatType(target)}' does not support field selection`);
    return wrap(DYN);
  }

  function call(node: CallExpr): void {
    if (node.function === '_?._') {
      const [operand, field] = node.args as [Expr, Expr];
      const name = field.kind === 'literal' && field.literal.type === 'string' ? field.literal.value : '';
      set(node, substitute(known, fieldType(node, operand, name, true), false));
      return;
    }
    for (const arg of node.args) visit(arg);
    if (node.target === undefined) {
      const name = node.function.replace(/^\./, '');
      const found = scope.functions.get(name);
      if (found) {
        resolveOverload(node, name, found, undefined);
        return;
      }
      undeclared(node.at, name);
      set(node, ERROR);
      return;
    }
    const prefix = qualifiedName(node.target);
    if (prefix !== undefined) {
      const name = `${prefix.replace(/^\./, '')}.${node.function}`;
      const found = scope.functions.get(name);
      if (found) {
        names.set(node.id, name);
        resolveOverload(node, name, found, undefined);
        return;
      }
    }
    visit(node.target);
    const found = scope.functions.get(node.function);
    if (found) {
      resolveOverload(node, node.function, found, node.target);
      return;
    }
    set(node, ERROR);
    undeclared(node.at, node.function);
  }

  function resolveOverload(node: CallExpr, name: string, candidates: readonly Overload[], target: Expr | undefined): void {
    const args = [...(target ? [target] : []), ...node.args];
    const given = args.map(typeOfNode);
    if (name === '_&&_' || name === '_||_') {
      const wrong = args.filter((arg, index) => {
        if (accept([given[index]!], [BOOL])) return false;
        mismatch(arg, BOOL, substitute(known, given[index]!, false));
        return true;
      });
      overloads.set(node.id, candidates);
      set(node, wrong.length > 0 ? ERROR : BOOL);
      return;
    }
    const matching: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of candidates) {
      if (overload.member !== (target !== undefined)) continue;
      const fresh: Substitutions = new Map(overload.params.map(letter => [letter, freshVariable()]));
      const wanted = overload.args.map(type => substitute(fresh, type, false));
      if (!accept(given, wanted)) continue;
      matching.push(overload);
      const own = substitute(known, substitute(fresh, overload.result, false), false);
      if (result === undefined) result = own;
      else if (!isDyn(result) && !sameType(own, result)) result = DYN;
    }
    if (result === undefined) {
      const shown = given.map(type => formatType(substitute(known, type, true)));
      const signature = target ? `${shown[0]}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`;
      report(node.at, `found no matching overload for '${name}' applied to '${signature}'`);
      set(node, ERROR);
      return;
    }
    overloads.set(node.id, matching);
    set(node, result);
  }

  /** The type of an optional entry's value; one that is none is reported. */
  function unwrapped(node: Expr): CelType {
    const type = typeOfNode(node);
    if (isOptional(type)) return type.params[0]!;
    if (!isDyn(type)) mismatch(node, optionalOf(type), type);
    return type;
  }

  function join(previous: CelType | undefined, current: CelType): CelType {
    if (previous === undefined) return current;
    if (accept([previous], [current])) return mostGeneral(previous, current);
    // Literals of mixed types are refused later, but for what is given to format().
    return DYN;
  }

  function list(node: ListExpr): void {
    let items: CelType | undefined;
    for (const [index, element] of node.elements.entries()) {
      visit(element);
      items = join(items, node.optional.has(index) ? unwrapped(element) : typeOfNode(element));
    }
    set(node, listOf(items ?? freshVariable()));
  }

  function map(node: MapExpr): void {
    let keys: CelType | undefined;
    let values: CelType | undefined;
    for (const {key, value, optional} of node.entries) {
      visit(key);
      keys = join(keys, typeOfNode(key));
      visit(value);
      values = join(values, optional ? unwrapped(value) : typeOfNode(value));
    }
    set(node, mapOf(keys ?? freshVariable(), values ?? freshVariable()));
  }

  function struct(node: StructExpr): void {
    const name = node.name.replace(/^\./, '');
    const declared = scope.struct?.(name);
    if (declared === undefined) {
      const known = scope.typeNames.get(name);
      if (known) report(node.at, `'${name}' is not a message type`);
      else undeclared(node.at, name);
    }
    set(node, declared?.type ?? ERROR);
    if (declared === undefined) return;
    for (const field of node.fields) {
      visit(field.value);
      const wanted = declared.field(field.name);
      if (wanted === undefined) report(field.at, `undefined field '${field.name}'`);
      const found = field.optional ? unwrapped(field.value) : typeOfNode(field.value);
      if (wanted && !accept([wanted], [found])) {
        report(field.at, `expected type of field '${field.name}' is '${formatType(wanted)}' but provided type is '${formatType(found)}'`);
      }
    }
  }

  function comprehension(node: ComprehensionExpr): void {
    visit(node.range);
    visit(node.init);
    const range = substitute(known, typeOfNode(node.range), false);
    const accumulated = typeOfNode(node.init);
    const outer = locals.length;
    locals.push([node.accuVar, accumulated]);
    const [first, second] = iterationTypes(node, range);
    const inner = locals.length;
    locals.push([node.iterVar, first]);
    if (node.iterVar2 !== undefined) locals.push([node.iterVar2, second]);
    visit(node.condition);
    require(node.condition, BOOL);
    visit(node.step);
    require(node.step, accumulated);
    locals.length = inner;
    visit(node.result);
    locals.length = outer;
    set(node, substitute(known, typeOfNode(node.result), false));
  }

  function iterationTypes(node: ComprehensionExpr, range: CelType): [CelType, CelType] {
    const two = node.iterVar2 !== undefined;
    if (range.kind === 'list') return two ? [INT, range.params[0]!] : [range.params[0]!, ERROR];
    if (range.kind === 'map') return [range.params[0]!, range.params[1]!];
    if (isDynOrError(range) || range.kind === 'param') {
      accept([DYN], [range]);
      return [DYN, DYN];
    }
    report(node.range.at, `expression of type '${formatType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`);
    return [ERROR, ERROR];
  }

  function require(node: Expr, type: CelType): void {
    if (!accept([type], [typeOfNode(node)])) mismatch(node, substitute(known, type, false), substitute(known, typeOfNode(node), false));
  }

  visit(expr);
  for (const [id, type] of types) types.set(id, substitute(known, type, true));
  return {expr, type: types.get(expr.id) ?? ERROR, types, overloads, names, references};
}

/** `a.b.c` of identifiers only. */
function qualifiedName(node: Expr): string | undefined {
  if (node.kind === 'ident') return node.name;
  if (node.kind !== 'select' || node.test) return undefined;
  const prefix = qualifiedName(node.operand);
  return prefix === undefined ? undefined : `${prefix}.${node.field}`;
}
