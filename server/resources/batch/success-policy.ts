import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, invalid, required, tooLong, tooMany} from '../../api/field.ts';
import type {Json} from '../../api/json.ts';
import type {JobSpec, SuccessPolicy, SuccessPolicyRule} from '../../api/kinds.generated.ts';
import {internal, listOf, pointer, struct} from '../internal.ts';
import {collect, nonNegative} from '../rules.ts';
import {countIndexes, IndexesError} from './indexes.ts';

const MAX_RULES = 20;
const MAX_INDEXES_LENGTH = 64 * 1024;

/** Upstream: validateSuccessPolicy. */
export function validateSuccessPolicy(spec: JobSpec, policy: SuccessPolicy, path: FieldPath): FieldError[] {
  const rules = policy.rules ?? [];
  const ofRules = child(path, 'rules');
  return collect(
    rules.length === 0 && required(ofRules, 'at least one rules must be specified when the successPolicy is specified'),
    rules.length > MAX_RULES && tooMany(ofRules, rules.length, MAX_RULES),
    ...rules.map((rule, i) => validateRule(spec, rule, at(ofRules, i))),
  );
}

function validateRule(spec: JobSpec, {succeededCount: count, succeededIndexes: indexes}: SuccessPolicyRule, path: FieldPath): FieldError[] {
  if (count === undefined && indexes === undefined) {
    return [required(path, 'at least one of succeededCount or succeededIndexes must be specified')];
  }
  const {total, errors} = readIndexes(indexes, spec.completions ?? 0, child(path, 'succeededIndexes'));
  const ofCount = child(path, 'succeededCount');
  const exceeds = (limit: number, what: string): FieldError =>
    invalid(ofCount, count, `must be less than or equal to ${limit} (the number of ${what})`);
  return collect(
    errors,
    nonNegative(count, ofCount),
    count !== undefined && spec.completions !== undefined && count > spec.completions && exceeds(spec.completions, 'specified completions'),
    count !== undefined && indexes !== undefined && count > total && exceeds(total, 'indexes in the specified succeededIndexes field'),
  );
}

function readIndexes(indexes: string | undefined, completions: number, path: FieldPath): {total: number; errors: FieldError[]} {
  const errors = indexes !== undefined && indexes.length > MAX_INDEXES_LENGTH ? [tooLong(path, MAX_INDEXES_LENGTH)] : [];
  try {
    return {total: countIndexes(indexes ?? '', completions), errors};
  } catch (error) {
    if (!(error instanceof IndexesError)) throw error;
    return {total: 0, errors: [...errors, invalid(path, indexes, `error parsing succeededIndexes: ${error.message}`)]};
  }
}

/** As messages show it. */
export const showSuccessPolicy = (policy: SuccessPolicy | undefined): Json =>
  internal(policy, pointer(struct({rules: listOf(struct({succeededIndexes: null, succeededCount: null}))})));
