import type {FieldError} from '../../api/field.ts';
import {at, invalid} from '../../api/field.ts';
import type {Namespace} from '../../api/kinds.generated.ts';
import {nameIsDNSLabel} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import {validateFinalizerName} from '../metadata.ts';
import type {Strategy} from '../resource.ts';
import {collect} from '../rules.ts';

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/apis/core/validation ValidateNamespace, pkg/registry/core/namespace. */
export const namespace: Strategy = {
  generation: 'none',
  returnDeletedObject: true,
  validateName: nameIsDNSLabel,
  defaults(object) {
    if (object.metadata.name) labelWithName(object);
    const {status} = object as Namespace;
    if (status) status.phase ||= 'Active';
  },
  prepareForCreate(object) {
    const {spec} = object as Namespace;
    const finalizers = spec?.finalizers ?? [];
    object.spec = {...spec, finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes']};
    object.status = {phase: 'Active'};
  },
  prepareForUpdate(object, old) {
    const {finalizers} = (old as Namespace).spec ?? {};
    object.spec = finalizers ? {finalizers} : {};
  },
  validate: object => validateNamespace(object as Namespace),
  validateUpdate: object => validateNamespace(object as Namespace),
  canonicalize: labelWithName,
  subresources: {
    status: {validateUpdate: object => validatePhase(object as Namespace)},
    finalize: {
      prepareForUpdate(object, old) {
        if (old.status === undefined) delete object.status;
        else object.status = old.status;
      },
      validateUpdate: object =>
        ((object as Namespace).spec?.finalizers ?? []).flatMap((name, i) => validateFinalizerName(name, at('spec.finalizers', i))),
    },
  },
  // The first deletion only marks it, whatever holds it.
  deletionHeld: object => object.metadata.deletionTimestamp === undefined || ((object as Namespace).spec?.finalizers ?? []).length > 0,
  beginDeletion(object) {
    object.status = {...(object as Namespace).status, phase: 'Terminating'};
  },
  fields: object => ({'status.phase': (object as Namespace).status?.phase ?? '', name: object.metadata.name ?? ''}),
  unknownField: label => `field label not supported: ${label}`,
};

function labelWithName({metadata}: KubeObject): void {
  metadata.labels = {...metadata.labels, 'kubernetes.io/metadata.name': metadata.name!};
}

const validateNamespace = ({spec}: Namespace): FieldError[] =>
  collect(...(spec?.finalizers ?? []).map(name => validateFinalizerName(name, 'spec.finalizers')));

function validatePhase({metadata, status}: Namespace): FieldError[] {
  const phase = status?.phase ?? '';
  if (!metadata.deletionTimestamp)
    return phase === 'Active' ? [] : [invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")];
  return phase === 'Terminating' ? [] : [invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
}
