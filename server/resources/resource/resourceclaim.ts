import type {FieldError} from '../../api/field.ts';
import {invalid} from '../../api/field.ts';
import type {ResourceResourceClaim as ResourceClaim} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';
import {internal} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {IMMUTABLE, semanticEqual} from '../rules.ts';
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
  validate: object => validateClaimSpec((object as ResourceClaim).spec, 'spec'),
  validateUpdate: validateImmutable,
  subresources: {
    status: {validateUpdate: (object, old) => validateClaimStatusUpdate(object as ResourceClaim, old as ResourceClaim)},
  },
  generation: 'none',
  statusMetadata: 'none',
  returnDeletedObject: true,
};

function validateImmutable(object: KubeObject, old: KubeObject): FieldError[] {
  return semanticEqual(object.spec, old.spec) ? [] : [invalid('spec', internal(object.spec, CLAIM_SPEC), IMMUTABLE)];
}
