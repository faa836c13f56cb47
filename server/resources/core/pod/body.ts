import type {FieldError} from '../../../api/field.ts';
import {at, child, forbiddenField} from '../../../api/field.ts';
import type {Pod} from '../../../api/kinds.generated.ts';
import {collect, each} from '../../rules.ts';
import {validatePodAnnotations, validateProfilesAgree} from './annotations.ts';
import {validateImageSpaces} from './containers.ts';
import type {PodOptions} from './options.ts';
import {validatePodSpec} from './spec.ts';

/** Annotations and spec of a pod, new or changed (validatePodMetadataAndSpec without what all metadata has to obey). */
export const validatePodBody = (pod: Pod, options: PodOptions): FieldError[] =>
  collect(
    pod.metadata.annotations && validatePodAnnotations(pod.metadata.annotations, pod.spec, 'metadata.annotations', options),
    validatePodSpec(pod.spec, 'spec', options),
    !pod.spec.serviceAccountName && validateNoTokens(pod),
    each(pod.spec.containers, 'spec.containers', validateImageSpaces),
    each(pod.spec.initContainers, 'spec.initContainers', validateImageSpaces),
  );

/** A new pod (ValidatePodCreate). */
export const validateNewPod = (pod: Pod): FieldError[] =>
  collect(
    validatePodBody(pod, {
      isPod: true,
      ...(pod.metadata.name && {podName: pod.metadata.name}),
      ...(pod.metadata.annotations && {annotations: pod.metadata.annotations}),
    }),
    pod.spec.ephemeralContainers?.length && forbiddenField('spec.ephemeralContainers', 'cannot be set on create'),
    pod.spec.nodeName &&
      pod.spec.schedulingGates?.length &&
      forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'),
    validateProfilesAgree(pod.metadata.annotations, pod.spec, 'spec'),
  );

const validateNoTokens = ({spec}: Pod): FieldError[] =>
  each(spec.volumes, 'spec.volumes', ({projected}, where) =>
    (projected?.sources ?? []).flatMap(({serviceAccountToken}, i) =>
      serviceAccountToken
        ? [
            forbiddenField(
              child(at(child(where, 'projected', 'sources'), i), 'serviceAccountToken'),
              'must not be specified when serviceAccountName is not set',
            ),
          ]
        : [],
    ),
  );
