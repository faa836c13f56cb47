import type {FieldError, FieldPath} from '../../../api/field.ts';
import {at, child, forbiddenField, invalid, required} from '../../../api/field.ts';
import type {Container, NodeAffinity, NodeSelectorTerm, Pod, PodSpec} from '../../../api/kinds.generated.ts';
import {rangeMessage} from '../../../api/names.ts';
import {describeDiff} from '../../diff.ts';
import {internal, listOf} from '../../internal.ts';
import {collect, each, orNull, semanticEqual} from '../../rules.ts';
import {internalPodSpec} from '../internal-pod.ts';
import {NODE_TERM} from '../internal-volume.ts';
import {validateAnnotationChanges, validatePodAnnotations} from './annotations.ts';
import {validatePodBody} from './body.ts';
import {validateImageSpaces} from './containers.ts';
import type {PodOptions} from './options.ts';
import {validateOnlyAddedTolerations, validateOnlyDeletedGates} from './scheduling.ts';
import {lenientOptions} from './update-options.ts';

/** How the rules are to look at a pod that changes. */
export const updateOptions = (pod: Pod, old: Pod): PodOptions => ({
  ...lenientOptions(old.spec, old.metadata),
  isPod: true,
  ...(pod.metadata.name && {podName: pod.metadata.name}),
  ...(pod.metadata.annotations && {annotations: pod.metadata.annotations}),
});

/** PUT of a pod: a few fields may change, the rest stays (ValidatePodUpdate). */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const options = updateOptions(pod, old);
  const errors = collect(validatePodBody(pod, options), validateAnnotationUpdate(pod, old, options));
  for (const list of ['containers', 'initContainers'] as const) {
    const [now, before] = [pod.spec[list] ?? [], old.spec[list] ?? []];
    if (now.length !== before.length) {
      return [...errors, forbiddenField(child('spec', list), 'pod updates may not add or remove containers')];
    }
    errors.push(...each(now, child('spec', list), validateImage));
  }
  const deadline = validateDeadlineUpdate(pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds, 'spec.activeDeadlineSeconds');
  if (deadline) errors.push(deadline);
  if (deadline && pod.spec.activeDeadlineSeconds !== undefined) return errors;
  return collect(
    errors,
    validateOnlyAddedTolerations(pod.spec.tolerations, old.spec.tolerations, 'spec.tolerations'),
    validateOnlyDeletedGates(pod.spec.schedulingGates, old.spec.schedulingGates, 'spec.schedulingGates'),
    !semanticEqual(pod.spec, old.spec) && validateFixedFields(pod.spec, old.spec, 'spec'),
  );
}

/** What annotations mean, and which of them may not change. */
export const validateAnnotationUpdate = (pod: Pod, old: Pod, options: PodOptions): FieldError[] =>
  collect(
    validateAnnotationChanges(pod.metadata.annotations, old.metadata.annotations, 'metadata.annotations'),
    pod.metadata.annotations && validatePodAnnotations(pod.metadata.annotations, pod.spec, 'metadata.annotations', options),
  );

const validateImage = (container: Container, path: FieldPath): FieldError[] =>
  collect(!container.image && required(child(path, 'image')), validateImageSpaces(container, path));

function validateDeadlineUpdate(seconds: number | undefined, old: number | undefined, path: FieldPath): FieldError | undefined {
  if (seconds === undefined)
    return old === undefined ? undefined : invalid(path, null, 'must not update from a positive integer to nil value');
  if (seconds < 0 || seconds > 2147483647) return invalid(path, seconds, rangeMessage(0, 2147483647));
  return old !== undefined && old < seconds ? invalid(path, seconds, 'must be less than or equal to previous value') : undefined;
}

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

function validateFixedFields(spec: PodSpec, old: PodSpec, path: FieldPath): FieldError[] {
  const munged = withOldFields(spec, old);
  const errors = old.schedulingGates?.length ? takeGatedChanges(munged, old, path) : [];
  if (!semanticEqual(munged, old)) {
    const message = `pod updates may not change fields other than ${UPDATABLE}\n${describeDiff(internalPodSpec(old), internalPodSpec(munged))}`;
    errors.push(forbiddenField(path, message));
  }
  return errors;
}

/** The new spec with everything put back that may change: what still differs may not. */
function withOldFields(spec: PodSpec, old: PodSpec): PodSpec {
  const images = (now: Container[] | undefined, before: Container[] | undefined) =>
    now?.map((container, i) => ({...container, image: before![i]!.image!}));
  const munged: PodSpec = {...spec, containers: images(spec.containers, old.containers)!};
  if (spec.initContainers) munged.initContainers = images(spec.initContainers, old.initContainers)!;
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) {
    if (old[field] === undefined) delete munged[field];
    else Object.assign(munged, {[field]: old[field]});
  }
  if (old.terminationGracePeriodSeconds! < 0 && spec.terminationGracePeriodSeconds === 1)
    munged.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds!;
  return munged;
}

/** A pod behind scheduling gates may still be narrowed down; `spec` gets its old fields back. */
function takeGatedChanges(spec: PodSpec, old: PodSpec, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (!semanticEqual(spec.nodeSelector, old.nodeSelector)) {
    const [now, before] = [spec.nodeSelector ?? {}, old.nodeSelector ?? {}];
    if (Object.keys(before).some(key => now[key] !== before[key])) {
      const message = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
      errors.push(invalid(child(path, 'nodeSelector'), orNull(spec.nodeSelector), message));
    }
    if (old.nodeSelector) spec.nodeSelector = old.nodeSelector;
    else delete spec.nodeSelector;
  }
  const [affinity, before] = [spec.affinity?.nodeAffinity, old.affinity?.nodeAffinity];
  if (semanticEqual(affinity, before)) return errors;
  errors.push(...validateNodeAffinityChange(affinity, before, child(path, 'affinity', 'nodeAffinity')));
  const {nodeAffinity: _, ...others} = spec.affinity ?? {};
  const restored = {...others, ...(before && {nodeAffinity: before})};
  if (Object.keys(restored).length === 0 && !old.affinity) delete spec.affinity;
  else spec.affinity = restored;
  return errors;
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

function validateNodeAffinityChange(affinity: NodeAffinity | undefined, old: NodeAffinity | undefined, path: FieldPath): FieldError[] {
  const before = old?.[REQUIRED]?.nodeSelectorTerms;
  if (!before) return [];
  const now = affinity?.[REQUIRED]?.nodeSelectorTerms ?? [];
  const terms = child(path, REQUIRED, 'nodeSelectorTerms');
  if (before.length > 0 && before.length !== now.length) {
    return [
      invalid(
        terms,
        internal(affinity?.[REQUIRED]?.nodeSelectorTerms, listOf(NODE_TERM)),
        'no additions/deletions to non-empty NodeSelectorTerms list are allowed',
      ),
    ];
  }
  return collect(
    ...before.map(
      (term, i) =>
        !onlyAdds(now[i]!, term) &&
        invalid(at(terms, i), internal(now[i], NODE_TERM), 'only additions are allowed (no mutations or deletions)'),
    ),
  );
}

function onlyAdds(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = (['matchExpressions', 'matchFields'] as const).map(field => [term[field] ?? [], old[field] ?? []] as const);
  if (lists.every(([, before]) => before.length === 0)) return lists.every(([now]) => now.length === 0);
  return lists.every(([now, before]) => semanticEqual(now.slice(0, before.length), before));
}
