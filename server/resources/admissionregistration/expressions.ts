import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, invalid} from '../../api/field.ts';
import type {Variable} from '../../api/kinds.generated.ts';
import type {PolicyScope} from '../../schema/cel/policy-environment.ts';
import {compileExpected, policyEnvironment} from '../../schema/cel/policy-environment.ts';
import type {CelType} from '../../schema/cel/types.ts';
import {DYN} from '../../schema/cel/types.ts';

interface Use {
  /** The text that is told, where another is compiled. */
  readonly given?: string;
  /** False: may not ask what somebody may do, even if others may. */
  readonly authorizer?: false;
}

/** Compiles the expressions of one policy: variables see those before them, the rest sees all. */
export interface ExpressionRules {
  readonly variables: readonly FieldError[][];
  /** What is wrong with an expression, if there is any, that must yield one of these types. */
  check(expression: string | undefined, path: FieldPath, results: readonly CelType[], use?: Use): FieldError[];
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
    check(expression, own, results, {given = expression, ...less} = {}) {
      if (isBlank(expression)) return [];
      const known = types.size > 0 || scope.patches ? {variables: types} : {};
      const compiled = compileExpected(policyEnvironment({...scope, ...known, ...less}), expression!, results);
      return 'error' in compiled ? [invalid(own, given, compiled.error)] : [];
    },
  };
}

export const isBlank = (text: string | undefined): boolean => (text ?? '').trim() === '';
