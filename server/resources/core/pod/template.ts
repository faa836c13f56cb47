import type {FieldError, FieldPath} from '../../../api/field.ts';
import {child, forbiddenField} from '../../../api/field.ts';
import type {PodTemplateSpec} from '../../../api/kinds.generated.ts';
import {validateAnnotations} from '../../metadata.ts';
import {collect, validateLabels} from '../../rules.ts';
import {validatePodAnnotations, validateProfilesAgree} from './annotations.ts';
import {defaultPodSpec} from './defaults.ts';
import type {PodOptions} from './options.ts';
import {validatePodSpec} from './spec.ts';
import {lenientOptions} from './update-options.ts';

/** Defaults of a pod template: those of pods but for what only pods get (requests from limits, service links, host ports). */
export function defaultPodTemplate(template: PodTemplateSpec): void {
  template.spec ??= {containers: []};
  defaultPodSpec(template.spec);
}

/**
 * Rules of a pod template (ValidatePodTemplateSpec). With `old`, the template before an update, what was bad there and has always been taken goes
 * on being taken.
 */
export function validatePodTemplate(template: PodTemplateSpec, path: FieldPath, old?: PodTemplateSpec): FieldError[] {
  const spec = template.spec ?? {containers: []};
  const metadata = template.metadata ?? {};
  const options: PodOptions = old?.spec ? lenientOptions(old.spec, old.metadata) : {};
  return collect(
    metadata.labels && validateLabels(metadata.labels, child(path, 'labels')),
    metadata.annotations && validateAnnotations(metadata.annotations, child(path, 'annotations')),
    metadata.annotations && validatePodAnnotations(metadata.annotations, spec, child(path, 'annotations'), options),
    validatePodSpec(spec, child(path, 'spec'), options),
    validateProfilesAgree(metadata.annotations, spec, child(path, 'spec')),
    spec.ephemeralContainers?.length &&
      forbiddenField(child(path, 'spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template'),
  );
}

export {podTemplateWarnings} from './warnings.ts';
