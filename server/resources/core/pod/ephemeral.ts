import type {FieldError} from '../../../api/field.ts';
import {forbiddenField} from '../../../api/field.ts';
import type {Pod} from '../../../api/kinds.generated.ts';
import {describeDiff} from '../../diff.ts';
import {collect, semanticEqual} from '../../rules.ts';
import {internalEphemeralContainer} from '../internal-pod.ts';
import {MIRROR_ANNOTATION} from './annotations.ts';
import {validatePodBody} from './body.ts';
import {updateOptions, validateAnnotationUpdate} from './update.ts';

/** Leaves nothing of the request but its ephemeral containers. */
export function keepEphemeralContainersOnly(pod: Pod, old: Pod): void {
  const {ephemeralContainers} = pod.spec;
  const {ephemeralContainers: _old, ...others} = old.spec;
  pod.spec = {...others, ...(ephemeralContainers && {ephemeralContainers})};
}

/** PUT on `/ephemeralcontainers`: they may only be added (ValidatePodEphemeralContainersUpdate). */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined)
    return [forbiddenField('', 'static pods do not support ephemeral containers')];
  const options = updateOptions(pod, old);
  const path = 'spec.ephemeralContainers';
  return collect(
    validatePodBody(pod, options),
    validateAnnotationUpdate(pod, old, options),
    ...(old.spec.ephemeralContainers ?? []).map(before => {
      const now = pod.spec.ephemeralContainers?.findLast(({name}) => name === before.name);
      const name = JSON.stringify(before.name);
      if (!now) return forbiddenField(path, `existing ephemeral containers ${name} may not be removed\n`);
      if (semanticEqual(now, before)) return false;
      const difference = describeDiff(internalEphemeralContainer(before), internalEphemeralContainer(now));
      return forbiddenField(path, `existing ephemeral containers ${name} may not be changed\n${difference}`);
    }),
  );
}
