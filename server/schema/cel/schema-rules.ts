import type {JSONSchemaProps, ValidationRule} from '../../api/kinds.generated.ts';
import type {Structural} from '../structural.ts';
import type {Compiled, Environment} from './environment.ts';
import {baseEnvironment, checkExpression, plan, withVariables} from './environment.ts';
import type {Program} from './program.ts';
import type {DeclaredType} from './schema-types.ts';
import {optionalOf} from './types.ts';

/** A rule of a schema ready to run, or why it is not. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly compiled: Compiled;
  /** Compares with the value stored before: runs on updates only. */
  readonly usesOldSelf: boolean;
  readonly message: Compiled | undefined;
}

export const rulesOf = (props: JSONSchemaProps): readonly ValidationRule[] => props['x-kubernetes-validations'] ?? [];

/** Compiles one rule against the type of the values it is about. */
export function compileRule(rule: ValidationRule, type: DeclaredType): CompiledRule {
  const old = rule.optionalOldSelf ? optionalOf(type.type) : type.type;
  const environment = withVariables(
    baseEnvironment(),
    new Map([
      ['self', type.type],
      ['oldSelf', old],
    ]),
  );
  const compiled = compileAs(environment, rule.rule, 'bool', 'cel expression must evaluate to a bool');
  if ('error' in compiled) return {rule, compiled, usesOldSelf: false, message: undefined};
  const message =
    rule.messageExpression && compileAs(environment, rule.messageExpression, 'string', 'must evaluate to a string', 'messageExpression ');
  return {rule, compiled, usesOldSelf: compiled.checked.references.has('oldSelf'), message: message || undefined};
}

/** Compiles an expression of a type; what is wrong with the type is told before what is wrong with constants. */
function compileAs(environment: Environment, source: string, kind: string, complaint: string, prefix = ''): Compiled {
  const found = checkExpression(environment, source);
  if ('error' in found) return {error: `${prefix}compilation failed: ${found.error}`};
  if (found.checked.type.kind !== kind) return {error: prefix + complaint};
  const planned = plan(found.checked, environment);
  if (!('error' in planned)) return planned;
  return {error: prefix + planned.error.replace(/^program instantiation/, prefix ? 'instantiation' : 'program instantiation')};
}

export const programOf = (compiled: Compiled | undefined): Program | undefined =>
  compiled && 'program' in compiled ? compiled.program : undefined;

/** Does the schema, or one inside it, have rules? */
export const hasRules = (schema: Structural): boolean =>
  rulesOf(schema.props).length > 0 ||
  (schema.items !== undefined && hasRules(schema.items)) ||
  (typeof schema.additionalProperties === 'object' && hasRules(schema.additionalProperties)) ||
  [...schema.properties.values()].some(hasRules) ||
  schema.allOf.some(hasRules);
