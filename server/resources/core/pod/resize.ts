import type {FieldError, FieldPath} from '../../../api/field.ts';
import {at, child, forbiddenField, invalid} from '../../../api/field.ts';
import type {Container, Pod, PodSpec, ResourceRequirements} from '../../../api/kinds.generated.ts';
import {collect, equalResources, semanticEqual} from '../../rules.ts';
import {MIRROR_ANNOTATION} from './annotations.ts';
import {validatePodBody} from './body.ts';
import {isSidecar} from './pod-resources.ts';
import {podQualityOfService} from './qos.ts';
import {updateOptions} from './update.ts';

/** Leaves nothing of the request but resources and resize policies (dropNonResizeUpdates). */
export function keepResizeOnly(pod: Pod, old: Pod): void {
  const sameCount = (list: 'containers' | 'initContainers') => (pod.spec[list]?.length ?? 0) === (old.spec[list]?.length ?? 0);
  if (!sameCount('containers') || !sameCount('initContainers')) return;
  const {resources} = pod.spec;
  const [containers, initContainers] = [
    merged(pod.spec.containers, old.spec.containers),
    merged(pod.spec.initContainers, old.spec.initContainers),
  ];
  pod.spec = {...old.spec, containers: containers ?? []};
  if (initContainers) pod.spec.initContainers = initContainers;
  if (resources) pod.spec.resources = resources;
  else delete pod.spec.resources;
}

// Containers under other names are left as they are, for validation to refuse.
function merged(containers: Container[] | undefined, old: Container[] | undefined): Container[] | undefined {
  if (!containers?.length || containers.some((container, i) => container.name !== old![i]!.name)) return containers;
  return containers.map(({resources, resizePolicy}, i) => {
    const {resources: _resources, resizePolicy: _policy, ...others} = old![i]!;
    return {...others, ...(resources && {resources}), ...(resizePolicy && {resizePolicy})};
  });
}

/** PUT on `/resize`: only cpu and memory may change (ValidatePodResize). */
export function validatePodResize(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return [forbiddenField('', 'static pods cannot be resized')];
  if (old.spec.os?.name === 'windows') return [forbiddenField('', 'windows pods cannot be resized')];
  const munged: PodSpec = {...pod.spec};
  const errors = collect(
    validatePodBody(pod, updateOptions(pod, old)),
    (old.status?.qosClass || podQualityOfService(old.spec)) !== podQualityOfService(pod.spec) &&
      invalid('spec', pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'),
    !isSupported(old) && forbiddenField('spec', 'Pod running on node without support for resize'),
    hasAmounts(old.spec.resources) || hasAmounts(pod.spec.resources) ? validatePodLevel(munged, pod, old, 'spec') : [],
  );
  const order = validateOrder(pod.spec, old.spec, 'spec');
  if (order.length > 0) return [...errors, ...order];
  errors.push(
    ...validateRemovals(pod.spec.initContainers, old.spec.initContainers, 'spec.initContainers'),
    ...validateRemovals(pod.spec.containers, old.spec.containers, 'spec.containers'),
    ...validateContainers(munged, old.spec, 'spec'),
    ...validateInitContainers(munged, old.spec, 'spec.initContainers'),
  );
  if (errors.length === 0 && !semanticEqual(munged, old.spec)) errors.push(forbiddenField('spec', ONLY_CPU_AND_MEMORY));
  return errors;
}

const ONLY_CPU_AND_MEMORY = 'only cpu and memory resources are mutable';

const hasAmounts = (resources: ResourceRequirements | undefined): boolean =>
  Object.keys(resources?.limits ?? {}).length + Object.keys(resources?.requests ?? {}).length > 0;

/** The node of a running container has to tell what the container got. */
const isSupported = ({status}: Pod): boolean => {
  const running = (status?.containerStatuses ?? []).find(({state}) => state?.running);
  return running === undefined || running.resources !== undefined;
};

function validatePodLevel(munged: PodSpec, pod: Pod, old: Pod, path: FieldPath): FieldError[] {
  const [now, before] = [pod.spec.resources, old.spec.resources];
  const where = child(path, 'resources');
  if (before && !now) return [forbiddenField(where, 'pod-level resources cannot be removed')];
  if (now) {
    const kept = withOldComputeAmounts(now, before);
    if (!before && !hasAmounts(kept) && !kept.claims?.length) delete munged.resources;
    else munged.resources = kept;
  }
  return collect(
    before &&
      isRemoved(now!.requests, before.requests) &&
      forbiddenField(child(where, 'requests'), 'pod-level resource requests cannot be removed'),
    before &&
      isRemoved(now!.limits, before.limits) &&
      forbiddenField(child(where, 'limits'), 'pod-level resource limits cannot be removed'),
    !sameRequirements(munged.resources, before) && forbiddenField(path, 'only cpu and memory resources are mutable at pod-level'),
  );
}

type Amounts = {[name: string]: string} | undefined;

const isRemoved = (list: Amounts, old: Amounts): boolean => Object.keys(old ?? {}).some(name => list?.[name] === undefined);

function withOldAmounts(list: Amounts, old: Amounts): Amounts {
  if (!list && !old) return undefined;
  const {cpu: _cpu, memory: _memory, ...others} = list ?? {};
  return {
    ...others,
    ...(old?.cpu !== undefined && {cpu: old.cpu}),
    ...(old?.memory !== undefined && {memory: old.memory}),
  };
}

/** Requirements with cpu and memory put back as they were: what still differs may not. */
function withOldComputeAmounts(now: ResourceRequirements | undefined, old: ResourceRequirements | undefined): ResourceRequirements {
  const [limits, requests] = [withOldAmounts(now?.limits, old?.limits), withOldAmounts(now?.requests, old?.requests)];
  return {...(now?.claims && {claims: now.claims}), ...(limits && {limits}), ...(requests && {requests})};
}

const sameRequirements = (a: ResourceRequirements | undefined, b: ResourceRequirements | undefined): boolean =>
  (a === undefined) === (b === undefined) &&
  equalResources(a?.limits, b?.limits) &&
  equalResources(a?.requests, b?.requests) &&
  semanticEqual(a?.claims, b?.claims);

/** The container without what may change; claims of a resized container are lost in upstream's comparison, so they count as changed. */
const munge = (container: Container, old: Container): Container => {
  const {claims: _claims, ...resources} = withOldComputeAmounts(container.resources, old.resources);
  return {...container, resources};
};

const sameContainer = (a: Container, b: Container): boolean => {
  const [{resources: left, ...restA}, {resources: right, ...restB}] = [a, b];
  return sameRequirements(left ?? {}, right ?? {}) && semanticEqual(restA, restB);
};

function validateOrder(spec: PodSpec, old: PodSpec, path: FieldPath): FieldError[] {
  return collect(
    ...(['containers', 'initContainers'] as const).map(list => {
      const [now, before] = [spec[list] ?? [], old[list] ?? []];
      const where = child(path, list);
      if (now.length !== before.length) return forbiddenField(where, `${list} may not be added or removed on resize`);
      return before.flatMap(({name}, i) =>
        now[i]!.name === name ? [] : [forbiddenField(child(at(where, i), 'name'), `${list} may not be renamed or reordered on resize`)],
      );
    }),
  );
}

const validateRemovals = (now: Container[] | undefined, old: Container[] | undefined, path: FieldPath): FieldError[] =>
  collect(
    ...(old ?? []).map(({resources}, i) => {
      const where = child(at(path, i), 'resources');
      const own = now![i]!.resources;
      return collect(
        isRemoved(own?.requests, resources?.requests) && forbiddenField(child(where, 'requests'), 'resource requests cannot be removed'),
        isRemoved(own?.limits, resources?.limits) && forbiddenField(child(where, 'limits'), 'resource limits cannot be removed'),
      );
    }),
  );

function validateContainers(munged: PodSpec, old: PodSpec, path: FieldPath): FieldError[] {
  munged.containers = munged.containers.map((container, i) => munge(container, old.containers[i]!));
  return collect(
    ...munged.containers.map((container, i) => !sameContainer(container, old.containers[i]!) && forbiddenField(path, ONLY_CPU_AND_MEMORY)),
  );
}

function validateInitContainers(munged: PodSpec, old: PodSpec, path: FieldPath): FieldError[] {
  if (!munged.initContainers) return [];
  const changed = munged.initContainers.map((container, i) => !sameContainer(container, old.initContainers![i]!));
  munged.initContainers = munged.initContainers.map((container, i) => munge(container, old.initContainers![i]!));
  return collect(
    ...munged.initContainers.map((container, i) =>
      collect(
        !sameContainer(container, old.initContainers![i]!) &&
          forbiddenField(at(path, i), 'only cpu and memory resources for init or sidecar containers are mutable'),
        changed[i] &&
          !isSidecar(container) &&
          (container.resizePolicy ?? [])
            .filter(policy => policy.restartPolicy === 'RestartContainer')
            .map(() =>
              forbiddenField(at(path, i), 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'),
            ),
      ),
    ),
  );
}
