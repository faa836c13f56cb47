import type {FieldError} from '../../api/field.ts';
import {invalid} from '../../api/field.ts';
import type {Lease} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';
import type {Strategy} from '../resource.ts';
import {collect, domainPrefixedPath, nonNegative, oneOf} from '../rules.ts';

/** Upstream: pkg/apis/coordination/validation, pkg/registry/coordination/lease. */
export const lease: Strategy = {
  prepareForCreate: object => dropElection(object, undefined),
  prepareForUpdate: dropElection,
  validate,
  validateUpdate: validate,
  generation: 'none',
  metadataOnUpdate: 'update',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
};

const STRATEGIES = ['OldestEmulationVersion'];

/** Fields of coordinated leader election, which is off, are dropped unless they were there before. */
function dropElection(object: KubeObject, old: KubeObject | undefined): void {
  const {spec} = object as Lease;
  if (!spec) return;
  for (const field of ['strategy', 'preferredHolder'] as const)
    if ((old as Lease | undefined)?.spec?.[field] === undefined) delete spec[field];
}

function validate(object: KubeObject): FieldError[] {
  const {leaseDurationSeconds: duration, leaseTransitions, strategy, preferredHolder} = (object as Lease).spec ?? {};
  return collect(
    duration !== undefined && duration <= 0 && invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'),
    nonNegative(leaseTransitions, 'spec.leaseTransitions'),
    strategy !== undefined &&
      (strategy.includes('/') ? domainPrefixedPath(strategy, 'spec.strategy') : oneOf(strategy, 'spec.strategy', STRATEGIES)),
    preferredHolder && !strategy && invalid('spec.preferredHolder', preferredHolder, 'can only be specified when `strategy` is defined'),
  );
}
