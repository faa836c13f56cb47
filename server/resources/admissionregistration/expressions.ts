import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, invalid} from '../../api/field.ts';
import type {MatchCondition, Variable} from '../../api/kinds.generated.ts';
import type {PolicyScope} from '../../schema/cel/policy-environment.ts';
import {compileExpected, policyEnvironment, RESULTS} from '../../schema/cel/policy-environment.ts';
import type {CelType} from '../../schema/cel/types.ts';
import {DYN} from '../../schema/cel/types.ts';
import {collect, each} from '../rules.ts';
import {isBlank} from './policies.ts';

/** Compiles the expressions of one policy: variables see those before them, the rest sees all. */
export interface ExpressionRules {
  readonly variables: readonly FieldError[][];
  /** What is wrong with an expression that must yield one of these types. */
  check(expression: string | undefined, path: FieldPath, results: readonly CelType[]): FieldError[];
}

export function expressionRules(variables: readonly Variable[] | undefined, path: FieldPath, scope: PolicyScope): ExpressionRules {
  const types = new Map<string, CelType>();
  const faults = (variables ?? []).map(({name, expression}, i): FieldError[] => {
    if (isBlank(expression)) return [];
    const compiled = compileExpected(policyEnvironment({...scope, variables: types}), expression, []);
    // A variable that is wrong is told once: whatever uses it may take it for anything.
    types.set(name, 'error' in compiled ? DYN : compiled.checked.type);
    return 'error' in compiled ? [invalid(child(at(path, i), 'expression'), expression, compiled.error)] : [];
  });
  return {
    variables: faults,
    check(expression, own, results) {
      if (isBlank(expression)) return [];
      const compiled = compileExpected(policyEnvironment({...scope, ...(types.size > 0 && {variables: types})}), expression!, results);
      return 'error' in compiled ? [invalid(own, expression, compiled.error)] : [];
    },
  };
}

/** Conditions are evaluated before there are variables. */
export const checkConditions = (conditions: readonly MatchCondition[] | undefined, path: FieldPath, scope: PolicyScope): FieldError[] => {
  const rules = expressionRules(undefined, path, scope);
  return collect(each(conditions, path, ({expression}, own) => rules.check(expression, child(own, 'expression'), RESULTS.validation)));
};
