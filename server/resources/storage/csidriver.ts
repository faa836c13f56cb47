import deepEqual from 'fast-deep-equal';
import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, duplicate, invalid, notSupported} from '../../api/field.ts';
import type {CSIDriver, CSIDriverSpec, StorageTokenRequest} from '../../api/kinds.generated.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, immutable, oneOf} from '../rules.ts';

/** Upstream: pkg/apis/storage/v1/defaults.go, pkg/apis/storage/validation, pkg/registry/storage/csidriver. */
export const csiDriver: Strategy = {
  defaults({spec}) {
    const row = spec as CSIDriverSpec;
    row.attachRequired ??= true;
    row.podInfoOnMount ??= false;
    row.storageCapacity ??= false;
    row.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    if ((row.volumeLifecycleModes ?? []).length === 0) row.volumeLifecycleModes = ['Persistent'];
    row.requiresRepublish ??= false;
    row.seLinuxMount ??= false;
  },
  prepareForCreate: object => dropDisabled(object as CSIDriver, undefined),
  prepareForUpdate: (object, old) => dropDisabled(object as CSIDriver, old as CSIDriver),
  warnings({spec}, old) {
    if (old) return [];
    const {tokenRequests, serviceAccountTokenInSecrets} = spec as CSIDriverSpec;
    return (tokenRequests ?? []).length > 0 && serviceAccountTokenInSecrets === undefined ? [TOKENS_IN_ATTRIBUTES] : [];
  },
  metadataOnUpdate: 'update',
  validate: object => validateSpec((object as CSIDriver).spec, 'spec'),
  validateUpdate(object, old) {
    const [spec, before] = [(object as CSIDriver).spec, (old as CSIDriver).spec];
    return collect(
      validateSpec(spec, 'spec'),
      immutable(spec.attachRequired, before.attachRequired, 'spec.attachedRequired'),
      immutable(spec.volumeLifecycleModes, before.volumeLifecycleModes, 'spec.volumeLifecycleModes'),
    );
  },
  // Upstream counts changes of the spec from none.
  initialGeneration: 0,
  generation: (object, old) => !deepEqual(object.spec, old.spec),
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
};

/** What a feature that is off would bring is taken only where it was before. */
function dropDisabled({spec}: CSIDriver, old: CSIDriver | undefined): void {
  if (old?.spec.preventPodSchedulingIfMissing === undefined) delete spec.preventPodSchedulingIfMissing;
}

const TOKENS_IN_ATTRIBUTES =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';

const MIN_UPDATE_PERIOD = 10;
const MIN_TOKEN_SECONDS = 10 * 60;
const MAX_TOKEN_SECONDS = 2 ** 32;

function validateSpec(spec: CSIDriverSpec, path: FieldPath): FieldError[] {
  const {fsGroupPolicy, nodeAllocatableUpdatePeriodSeconds: period} = spec;
  const secrets = child(path, 'serviceAccountTokenInSecrets');
  return collect(
    fsGroupPolicy !== undefined && oneOf(fsGroupPolicy, child(path, 'fsGroupPolicy'), ['File', 'None', 'ReadWriteOnceWithFSType']),
    validateTokenRequests(spec.tokenRequests ?? [], child(path, 'tokenRequests')),
    (spec.volumeLifecycleModes ?? [])
      .filter(mode => mode !== 'Persistent' && mode !== 'Ephemeral')
      .map(mode => notSupported(child(path, 'volumeLifecycleModes'), mode, ['Persistent', 'Ephemeral'])),
    period !== undefined &&
      period < MIN_UPDATE_PERIOD &&
      invalid(child(path, 'nodeAllocatableUpdatePeriodSeconds'), period, `must be greater than or equal to ${MIN_UPDATE_PERIOD} seconds`),
    spec.serviceAccountTokenInSecrets === true &&
      (spec.tokenRequests ?? []).length === 0 &&
      invalid(secrets, true, 'serviceAccountTokenInSecrets is set but no tokenRequests are specified'),
  );
}

const validateTokenRequests = (requests: readonly StorageTokenRequest[], path: FieldPath): FieldError[] =>
  each(requests, path, ({audience, expirationSeconds: seconds}, here, i) => {
    const repeated = requests.findIndex(other => other.audience === audience) < i;
    if (repeated) return duplicate(child(here, 'audience'), audience ?? '');
    const wrong = (detail: string): FieldError => invalid(child(here, 'expirationSeconds'), seconds, detail);
    return collect(
      seconds !== undefined && seconds < MIN_TOKEN_SECONDS && wrong('may not specify a duration less than 10 minutes'),
      seconds !== undefined && seconds > MAX_TOKEN_SECONDS && wrong('may not specify a duration larger than 2^32 seconds'),
    );
  });
