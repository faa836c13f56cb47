import type {Container, PodSpec} from '../../../api/kinds.generated.ts';
import {addQuantity, compareQuantity} from '../../../api/quantity.ts';
import {isHugePage, isOvercommitAllowed} from '../resource-names.ts';

export type ResourceList = {[name: string]: string};

/** May the amount be set for a whole pod? */
export const isPodLevelResource = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePage(name);

export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

/**
 * What all containers ask for together: the sum of containers and sidecars, or the most that an init container and the sidecars started before it
 * need, whichever is more (k8s.io/component-helpers/resource).
 */
export function aggregateContainerResources(spec: PodSpec, which: 'requests' | 'limits'): ResourceList {
  const total: ResourceList = {};
  const sidecars: ResourceList = {};
  const initial: ResourceList = {};
  for (const container of spec.containers) addResources(total, container.resources?.[which]);
  for (const container of spec.initContainers ?? []) {
    const own = container.resources?.[which];
    if (isSidecar(container)) {
      addResources(total, own);
      addResources(sidecars, own);
      maxResources(initial, sidecars);
    } else maxResources(initial, addResources(addResources({}, own), sidecars));
  }
  return maxResources(total, initial);
}

/** Adds `more` to `list`, which is returned. */
export function addResources(list: ResourceList, more: ResourceList | undefined): ResourceList {
  for (const name of Object.keys(more ?? {})) list[name] = list[name] === undefined ? more![name]! : addQuantity(list[name], more![name]!);
  return list;
}

/** Raises `list`, which is returned, to at least `other`. */
export function maxResources(list: ResourceList, other: ResourceList | undefined): ResourceList {
  for (const name of Object.keys(other ?? {})) {
    if (list[name] === undefined || compareQuantity(other![name]!, list[name]) > 0) list[name] = other![name]!;
  }
  return list;
}

/** Fills amounts of the whole pod from those of its containers, if it has any (SetDefaults_Pod). */
export function defaultPodResources(spec: PodSpec): void {
  const {resources} = spec;
  if (!resources) return;
  if (hasAny(resources.limits) || hasAny(resources.requests)) {
    const limits = resources.limits ?? {};
    const aggregated = aggregateContainerResources(spec, 'limits');
    for (const name of Object.keys(aggregated)) {
      if (isHugePage(name) && resources.requests?.[name] === undefined) limits[name] ??= aggregated[name]!;
    }
    if (hasAny(limits)) resources.limits = limits;
  }
  if (!hasAny(resources.limits)) return;
  const requests = resources.requests ?? {};
  const aggregated = aggregateContainerResources(spec, 'requests');
  for (const name of Object.keys(aggregated))
    if (isPodLevelResource(name) && isOvercommitAllowed(name)) requests[name] ??= aggregated[name]!;
  for (const name of Object.keys(resources.limits!)) if (isPodLevelResource(name)) requests[name] ??= resources.limits![name]!;
  if (hasAny(requests)) resources.requests = requests;
}

const hasAny = (list: ResourceList | undefined): boolean => list !== undefined && Object.keys(list).length > 0;
