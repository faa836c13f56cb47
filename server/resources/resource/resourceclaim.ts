import type {FieldError} from '../../api/field.ts';
import {invalid} from '../../api/field.ts';
import type {
  AllocatedDeviceStatus,
  DeviceRequestAllocationResult,
  ResourceResourceClaim as ResourceClaim,
  ResourceClaimStatus,
} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';
import {internal} from '../internal.ts';
import type {Strategy, StrategyContext} from '../resource.ts';
import {collect, IMMUTABLE, semanticEqual} from '../rules.ts';
import {validateAdminAccess, validateAskedAccess} from './admin-access.ts';
import {CLAIM_SPEC, defaultClaimSpec, validateClaimSpec} from './claim-spec.ts';
import {validateClaimStatusUpdate} from './claim-status.ts';

/** Upstream: pkg/apis/resource/validation, pkg/registry/resource/resourceclaim. */
export const resourceClaim: Strategy = {
  defaults(object) {
    defaultClaimSpec((object as ResourceClaim).spec);
    for (const result of (object as ResourceClaim).status?.allocation?.devices?.results ?? []) {
      for (const toleration of result.tolerations ?? []) toleration.operator ||= 'Equal';
    }
  },
  validate: (object, context) => {
    const {metadata, spec} = object as ResourceClaim;
    return collect(validateAskedAccess(spec, metadata.namespace, context), validateClaimSpec(spec, 'spec'));
  },
  validateUpdate: validateImmutable,
  subresources: {
    status: {
      prepareForUpdate: (object, old) => forgetReleasedDevices(object as ResourceClaim, old as ResourceClaim),
      validateUpdate(object, old, context) {
        const [claim, before] = [object as ResourceClaim, old as ResourceClaim];
        return collect(validateGivenAccess(claim, before, context), validateClaimStatusUpdate(claim, before));
      },
    },
  },
  generation: 'none',
  statusMetadata: 'none',
  returnDeletedObject: true,
};

function validateImmutable(object: KubeObject, old: KubeObject): FieldError[] {
  return semanticEqual(object.spec, old.spec) ? [] : [invalid('spec', internal(object.spec, CLAIM_SPEC), IMMUTABLE)];
}

function validateGivenAccess({metadata, status}: ResourceClaim, old: ResourceClaim, context: StrategyContext): FieldError[] {
  const [results, before] = [resultsOf(status), resultsOf(old.status)];
  if (before.some(({adminAccess}) => adminAccess)) return [];
  return validateAdminAccess(results, 'status.allocation.devices.results', metadata.namespace, context);
}

const resultsOf = (status: ResourceClaimStatus | undefined): readonly DeviceRequestAllocationResult[] =>
  status?.allocation?.devices?.results ?? [];

/** What was said of devices that are given back is no longer of interest. */
function forgetReleasedDevices({status}: ResourceClaim, old: ResourceClaim): void {
  if (!status?.devices) return;
  const kept = new Set(resultsOf(status).map(deviceKey));
  const released = new Set(
    resultsOf(old.status)
      .map(deviceKey)
      .filter(key => !kept.has(key)),
  );
  status.devices = status.devices.filter(device => !released.has(deviceKey(device)));
  if (status.devices.length === 0) delete status.devices;
}

const deviceKey = ({driver, pool, device, shareID}: AllocatedDeviceStatus): string => JSON.stringify([driver, pool, device, shareID]);
