import type {FieldError, FieldPath} from '../../../api/field.ts';
import {at, child, forbiddenField, invalid} from '../../../api/field.ts';
import type {AppArmorProfile, PodSpec, SeccompProfile, Toleration} from '../../../api/kinds.generated.ts';
import {collect} from '../../rules.ts';
import {readJson} from '../json-text.ts';
import {validateDescendingPath} from '../paths.ts';
import type {PodOptions} from './options.ts';
import {validateTolerations} from './scheduling.ts';
import {containersWithPaths} from './security.ts';

type Annotations = {readonly [key: string]: string};

export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
export const APPARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';
const TOLERATIONS = 'scheduler.alpha.kubernetes.io/tolerations';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';

/** Annotations that pods give a meaning to (ValidatePodSpecificAnnotations). */
export function validatePodAnnotations(annotations: Annotations, spec: PodSpec, path: FieldPath, options: PodOptions): FieldError[] {
  const mirror = annotations[MIRROR_ANNOTATION];
  const cost = annotations[DELETION_COST];
  return collect(
    mirror !== undefined &&
      !spec.nodeName &&
      invalid(at(path, MIRROR_ANNOTATION), mirror, 'must set spec.nodeName if mirror pod annotation is set'),
    annotations[TOLERATIONS] && validateTolerationsText(annotations[TOLERATIONS], path),
    !options.allowInvalidDeletionCost &&
      hasBadDeletionCost(annotations) &&
      invalid(at(path, DELETION_COST), cost, 'must be a 32bit integer'),
    ...Object.entries(annotations).map(([key, value]) => {
      if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) return validateSeccompText(value, child(path, key));
      return key.startsWith(APPARMOR_PREFIX) && validateAppArmorText(key, value, spec, path);
    }),
  );
}

/** Is the deletion cost no 32-bit integer? A leading plus or zero is not taken either. */
export const hasBadDeletionCost = (annotations: Annotations | undefined): boolean => {
  const cost = annotations?.[DELETION_COST];
  return cost !== undefined && (!/^(0|-?[1-9]\d*)$/.test(cost) || Number(cost) > 2147483647 || Number(cost) < -2147483648);
};

function validateTolerationsText(text: string, path: FieldPath): FieldError[] {
  const reading = readJson<Toleration[]>(text, 'array', '[]core.Toleration');
  return 'error' in reading
    ? [invalid(path, TOLERATIONS, reading.error)]
    : validateTolerations(reading.value ?? [], child(path, TOLERATIONS));
}

function validateSeccompText(profile: string, path: FieldPath): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return [];
  if (profile.startsWith('localhost/')) return validateDescendingPath(profile.slice('localhost/'.length), path);
  return [invalid(path, profile, 'must be a valid seccomp profile')];
}

function validateAppArmorText(key: string, profile: string, spec: PodSpec, path: FieldPath): FieldError[] {
  const name = key.slice(APPARMOR_PREFIX.length);
  const known = ['', 'runtime/default', 'unconfined'].includes(profile) || profile.startsWith('localhost/');
  return collect(
    ![...containersWithPaths(spec, '')].some(([container]) => container.name === name) &&
      invalid(at(path, key), name, 'container not found'),
    !known && invalid(at(path, key), profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`),
  );
}

/** Where an annotation and the field that took its place are both given, they have to agree. */
export function validateProfilesAgree(annotations: Annotations | undefined, spec: PodSpec, path: FieldPath): FieldError[] {
  if (!annotations) return [];
  const ofPod = spec.securityContext;
  const windows = spec.os?.name === 'windows';
  return collect(
    agrees(ofPod?.seccompProfile, annotations[SECCOMP_POD], 'seccomp', child(path, 'securityContext', 'seccompProfile')),
    ...[...containersWithPaths(spec, path)].map(([container, where]) => {
      const told = child(where, 'securityContext', 'seccompProfile');
      return agrees(container.securityContext?.seccompProfile, annotations[SECCOMP_CONTAINER + container.name], 'seccomp', told);
    }),
    ...[...(windows ? [] : containersWithPaths(spec, path))].map(([container, where]) => {
      const profile = container.securityContext?.appArmorProfile ?? ofPod?.appArmorProfile;
      return agrees(profile, annotations[APPARMOR_PREFIX + container.name], 'apparmor', child(where, 'securityContext', 'appArmorProfile'));
    }),
  );
}

const PROFILE_TEXTS: {readonly [type: string]: readonly string[]} = {
  Unconfined: ['unconfined'],
  RuntimeDefault: ['runtime/default', 'docker/default'],
};

function agrees(
  profile: SeccompProfile | AppArmorProfile | undefined,
  annotation: string | undefined,
  what: string,
  path: FieldPath,
): FieldError | undefined {
  if (!profile || annotation === undefined) return undefined;
  const typeDiffers = forbiddenField(child(path, 'type'), `${what} type in annotation and field must match`);
  if (profile.type === 'Localhost') {
    if (!annotation.startsWith('localhost/')) return typeDiffers;
    if (annotation.slice('localhost/'.length) === profile.localhostProfile) return undefined;
    return forbiddenField(child(path, 'localhostProfile'), `${what} profile in annotation and field must match`);
  }
  const texts = PROFILE_TEXTS[profile.type];
  return texts && !texts.includes(annotation) ? typeDiffers : undefined;
}

/** Annotations that may not change once a pod is there. */
export function validateAnnotationChanges(annotations: Annotations = {}, old: Annotations = {}, path: FieldPath): FieldError[] {
  const fixed = (key: string) => key === MIRROR_ANNOTATION || key.startsWith(APPARMOR_PREFIX);
  const named = (key: string) => (key === MIRROR_ANNOTATION ? 'mirror pod annotation' : 'AppArmor annotations');
  return collect(
    ...Object.keys(old).map(
      key => fixed(key) && annotations[key] !== old[key] && forbiddenField(at(path, key), `may not remove or update ${named(key)}`),
    ),
    ...Object.keys(annotations).map(
      key => fixed(key) && old[key] === undefined && forbiddenField(at(path, key), `may not add ${named(key)}`),
    ),
  );
}
