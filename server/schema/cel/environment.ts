import type {Expr} from './ast.ts';
import type {Checked, Scope, StructDeclaration} from './checker.ts';
import {check} from './checker.ts';
import type {Functions} from './declarations.ts';
import type {Issue} from './issues.ts';
import {displayIssues} from './issues.ts';
import {authorizationLibrary} from './library/authorization.ts';
import {FORMAT_TYPE, formatLibrary} from './library/formats.ts';
import {listLibrary} from './library/lists.ts';
import {CIDR_TYPE, IP_TYPE, networkLibrary} from './library/network.ts';
import {optionalLibrary} from './library/optionals.ts';
import {QUANTITY_TYPE, quantityLibrary} from './library/quantities.ts';
import {SEMVER_TYPE, semverLibrary} from './library/semver.ts';
import {setLibrary} from './library/sets.ts';
import {standardLibrary} from './library/standard.ts';
import {stringLibrary} from './library/strings.ts';
import {URL_TYPE, urlLibrary} from './library/urls.ts';
import {parse} from './parser.ts';
import type {Program} from './program.ts';
import {compileProgram, ProgramError} from './program.ts';
import {compileRegex} from './regex.ts';
import {checkedTimestamp, parseDuration, parseTimestamp} from './time-values.ts';
import type {CelType} from './types.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  formatType,
  INT,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  STRING,
  TIMESTAMP,
  typeOf,
  UINT,
} from './types.ts';
import {formatFault} from './validate-format.ts';
import {isError} from './values.ts';

/** The cost at which one evaluation is stopped. */
export const CALL_LIMIT = 1_000_000;

/** What expressions of one place may use: functions, variables, types. */
export interface Environment {
  readonly functions: Functions;
  readonly typeNames: ReadonlyMap<string, CelType>;
  readonly variables: ReadonlyMap<string, CelType>;
  struct?(name: string): StructDeclaration | undefined;
}

/** An expression ready to run, or why it is not. */
export type Compiled = {readonly checked: Checked; readonly program: Program} | {readonly error: string};

/** The functions and types every expression has in Kubernetes 1.36 (k8s.io/apiserver/pkg/cel/environment/base.go). */
function buildEnvironment(): Environment {
  const functions: Functions = new Map();
  for (const library of [
    standardLibrary,
    optionalLibrary,
    stringLibrary,
    listLibrary,
    setLibrary,
    urlLibrary,
    networkLibrary,
    quantityLibrary,
    formatLibrary,
    semverLibrary,
    authorizationLibrary,
    twoVariableLibrary,
  ])
    library(functions);
  return {functions, typeNames: TYPE_NAMES, variables: new Map()};
}

/** The same with other variables, and more of the rest. */
export const withVariables = (environment: Environment, variables: ReadonlyMap<string, CelType>): Environment => ({
  ...environment,
  variables,
});

/** Parses, checks and plans an expression; errors are texts as the API shows them after `compilation failed: `. */
export function compile(environment: Environment, source: string): Compiled {
  const result = checkExpression(environment, source);
  if ('error' in result) return {error: `compilation failed: ${result.error}`};
  return plan(result.checked, environment);
}

/** Plans a checked expression. */
export function plan(checked: Checked, environment: Environment): Compiled {
  try {
    return {checked, program: compileProgram(checked, environment.typeNames)};
  } catch (error) {
    if (error instanceof ProgramError) return {error: `program instantiation failed: ${error.message}`};
    throw error;
  }
}

/** Parses and checks; the error is the list of issues as cel-go displays them. */
export function checkExpression(environment: Scope, source: string): {checked: Checked} | {error: string} {
  const issues: Issue[] = [];
  const expr = parse(source, issues);
  const checked = expr && check(expr, environment, issues);
  if (checked && issues.length === 0) validateLiterals(checked, issues);
  if (issues.length > 0 || checked === undefined) return {error: displayIssues(source, issues)};
  return {checked};
}

const TYPE_NAMES: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ...[
    BOOL,
    BYTES,
    DOUBLE,
    INT,
    STRING,
    UINT,
    NULL,
    TIMESTAMP,
    DURATION,
    IP_TYPE,
    CIDR_TYPE,
    QUANTITY_TYPE,
    URL_TYPE,
    FORMAT_TYPE,
    SEMVER_TYPE,
  ].map(type => [type.name, type] as const),
  ['list', listOf(DYN)],
  ['map', mapOf(DYN, DYN)],
  ['type', typeOf(DYN)],
  ['optional_type', optionalOf(DYN)],
]);

const BASE = buildEnvironment();

/** The environment everybody starts from, which has no variables; one is shared by all. */
export const baseEnvironment = (): Environment => BASE;

function twoVariableLibrary(functions: Functions): void {
  // Only macros call it, and the evaluator does it in place.
  const key = {kind: 'param', name: 'K', params: []} as const;
  const value = {kind: 'param', name: 'V', params: []} as const;
  const map = mapOf(key, value);
  const common = {member: false, result: map, params: ['K', 'V'], call: () => null};
  functions.set('cel.@mapInsert', [
    {...common, id: '@mapInsert_map_map', args: [map, map]},
    {...common, id: '@mapInsert_map_key_value', args: [map, key, value]},
  ]);
}

/** Literal arguments that can never be right, and mixed lists and maps, are refused at once (cel-go cel/validator.go). */
function validateLiterals({expr, types}: Checked, issues: Issue[]): void {
  const literal = (node: Expr | undefined): string | undefined =>
    node?.kind === 'literal' && node.literal.type === 'string' ? node.literal.value : undefined;
  const exempt = argumentsOfFormat(expr);
  const homogeneous = (nodes: readonly Expr[]): void => {
    let first: CelType | undefined;
    for (const node of nodes) {
      const type = types.get(node.id)!;
      if (first === undefined) first = type;
      else if (formatType(first) !== formatType(type)) {
        issues.push({at: node.at, message: `expected type '${formatType(first)}' but found '${formatType(type)}'`});
        return;
      }
    }
  };
  walk(expr, node => {
    const fault = formatFault(node, types);
    if (fault) issues.push(fault);
    const mayMix = exempt.has(node);
    if (node.kind === 'list' && !mayMix && node.optional.size === 0) homogeneous(node.elements);
    if (node.kind === 'map' && !mayMix && node.entries.every(({optional}) => !optional)) {
      homogeneous(node.entries.map(({key}) => key));
      homogeneous(node.entries.map(({value}) => value));
    }
    if (node.kind !== 'call') return;
    const last = node.args.at(-1);
    if (last?.kind === 'literal' && last.literal.type === 'int' && !fitsTime(node.function, last.literal.value))
      issues.push({at: last.at, message: `invalid ${node.function} argument`});
    const arg = literal(last);
    if (arg === undefined) return;
    const bad =
      (node.function === 'duration' && !parseDuration(arg)) ||
      (node.function === 'timestamp' && !parseTimestamp(arg)) ||
      (node.function === 'matches' && typeof compileRegex(arg) === 'string');
    if (bad) issues.push({at: last!.at, message: `invalid ${node.function} argument`});
  });
}

/** Seconds make an instant, but no whole number makes a duration. */
const fitsTime = (name: string, value: bigint): boolean =>
  name !== 'duration' && (name !== 'timestamp' || !isError(checkedTimestamp(value * 1_000_000_000n)));

/** What is given to format() may be of mixed types. */
function argumentsOfFormat(root: Expr): Set<Expr> {
  const found = new Set<Expr>();
  walk(root, node => {
    if (node.kind === 'call' && node.function === 'format') walk(node, inner => void found.add(inner));
  });
  return found;
}

/** Visits every node of an expression. */
export function walk(node: Expr, visit: (node: Expr) => void): void {
  visit(node);
  const each = (nodes: readonly Expr[]): void => nodes.forEach(child => void walk(child, visit));
  switch (node.kind) {
    case 'select':
      walk(node.operand, visit);
      return;
    case 'call':
      each([...(node.target ? [node.target] : []), ...node.args]);
      return;
    case 'list':
      each(node.elements);
      return;
    case 'map':
      each(node.entries.flatMap(({key, value}) => [key, value]));
      return;
    case 'struct':
      each(node.fields.map(({value}) => value));
      return;
    case 'comprehension':
      each([node.range, node.init, node.condition, node.step, node.result]);
      return;
  }
}
