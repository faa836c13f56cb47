import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid} from '../../api/field.ts';
import type {PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus} from '../../api/kinds.generated.ts';
import {nameIsPathSegment} from '../../api/names.ts';
import {internal, struct} from '../internal.ts';
import {countOrPercentUpTo100} from '../percent.ts';
import type {Strategy} from '../resource.ts';
import {collect, nonNegative, oneOf, validateConditions, validateLabelSelector} from '../rules.ts';

/** Upstream: pkg/apis/policy/validation, pkg/registry/policy/poddisruptionbudget. */
export const podDisruptionBudget: Strategy = {
  validateName: nameIsPathSegment,
  validate: object => validateSpec((object as PodDisruptionBudget).spec ?? {}, 'spec'),
  validateUpdate: object => validateSpec((object as PodDisruptionBudget).spec ?? {}, 'spec'),
  metadataOnUpdate: 'none',
  subresources: {
    status: {metadataOnUpdate: 'none', validateUpdate: object => validateStatus((object as PodDisruptionBudget).status!, 'status')},
  },
  allowUnconditionalUpdate: false,
};

const SHOWN = struct({minAvailable: null, selector: null, maxUnavailable: null, unhealthyPodEvictionPolicy: null});

function validateSpec(spec: PodDisruptionBudgetSpec, path: FieldPath): FieldError[] {
  const {minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy} = spec;
  return collect(
    minAvailable !== undefined &&
      maxUnavailable !== undefined &&
      invalid(path, internal(spec, SHOWN), 'minAvailable and maxUnavailable cannot be both set'),
    countOrPercentUpTo100(minAvailable, child(path, 'minAvailable')),
    countOrPercentUpTo100(maxUnavailable, child(path, 'maxUnavailable')),
    validateLabelSelector(spec.selector, child(path, 'selector')),
    policy !== undefined && oneOf(policy, child(path, 'unhealthyPodEvictionPolicy'), ['AlwaysAllow', 'IfHealthyBudget']),
  );
}

const validateStatus = (status: PodDisruptionBudgetStatus, path: FieldPath): FieldError[] =>
  collect(
    validateConditions(status.conditions, child(path, 'conditions')),
    nonNegative(status.disruptionsAllowed, child(path, 'disruptionsAllowed')),
    nonNegative(status.currentHealthy, child(path, 'currentHealthy')),
    nonNegative(status.desiredHealthy, child(path, 'desiredHealthy')),
    nonNegative(status.expectedPods, child(path, 'expectedPods')),
  );
