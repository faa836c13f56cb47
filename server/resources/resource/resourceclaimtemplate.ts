import type {FieldError} from '../../api/field.ts';
import {invalid} from '../../api/field.ts';
import type {JsonObject} from '../../api/json.ts';
import type {ResourceClaimTemplate, ResourceClaimTemplateSpec} from '../../api/kinds.generated.ts';
import {validateTemplateMetadata} from '../core/persistentvolumeclaim-spec.ts';
import {internal} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {collect, IMMUTABLE, semanticEqual} from '../rules.ts';
import {validateAskedAccess} from './admin-access.ts';
import {CLAIM_SPEC, defaultClaimSpec, validateClaimSpec} from './claim-spec.ts';

/** Upstream: pkg/apis/resource/validation, pkg/registry/resource/resourceclaimtemplate. */
export const resourceClaimTemplate: Strategy = {
  defaults: object => defaultClaimSpec((object as ResourceClaimTemplate).spec?.spec),
  validate: (object, context) => {
    const {metadata, spec} = object as ResourceClaimTemplate;
    return collect(validateAskedAccess(spec?.spec, metadata.namespace, context), validateTemplate(spec));
  },
  validateUpdate(object, old) {
    const [spec, before] = [(object as ResourceClaimTemplate).spec, (old as ResourceClaimTemplate).spec];
    return collect(
      validateTemplate(spec),
      !semanticEqual(spec, before) && invalid('spec', {...spec?.metadata, Spec: internal(spec?.spec, CLAIM_SPEC)} as JsonObject, IMMUTABLE),
    );
  },
  generation: 'none',
  returnDeletedObject: true,
};

const validateTemplate = (spec: ResourceClaimTemplateSpec | undefined): FieldError[] =>
  collect(validateTemplateMetadata(spec?.metadata, 'spec.metadata'), validateClaimSpec(spec?.spec, 'spec.spec'));
