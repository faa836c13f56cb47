import type {Container, Pod} from './kinds.generated.ts';
import {addQuantity, compareQuantity} from './quantity.ts';

export type ResourceList = {[name: string]: string};

/** The sum of two lists of quantities. */
export function addResources(a: ResourceList, b: ResourceList | undefined): ResourceList {
  const sum = {...a};
  for (const [name, quantity] of Object.entries(b ?? {})) sum[name] = sum[name] === undefined ? quantity : addQuantity(sum[name], quantity);
  return sum;
}

function maxResources(a: ResourceList, b: ResourceList): ResourceList {
  const most = {...a};
  for (const [name, quantity] of Object.entries(b)) {
    if (most[name] === undefined || compareQuantity(quantity, most[name]) > 0) most[name] = quantity;
  }
  return most;
}

/**
 * What a pod asks for (k8s.io/component-helpers/resource PodRequests, PodLimits): its containers together, or a init container with the
 * sidecars before it if that is more; resources of the pod itself take their place; overhead comes on top.
 */
export function podResources({spec}: Pick<Pod, 'spec'>, what: 'requests' | 'limits'): ResourceList {
  const of = ({resources}: Container): ResourceList => (resources?.[what] ?? {}) as ResourceList;
  let total: ResourceList = {};
  for (const container of spec?.containers ?? []) total = addResources(total, of(container));
  let sidecars: ResourceList = {};
  let initial: ResourceList = {};
  for (const container of spec?.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      total = addResources(total, of(container));
      sidecars = addResources(sidecars, of(container));
      initial = maxResources(initial, sidecars);
    } else initial = maxResources(initial, addResources(of(container), sidecars));
  }
  const own = (spec?.resources?.[what] ?? {}) as ResourceList;
  const needed = {...maxResources(total, initial), ...own};
  const overhead = (spec?.overhead ?? {}) as ResourceList;
  if (what === 'requests') return addResources(needed, overhead);
  // Overhead counts towards limits only where there is one.
  const limited = Object.fromEntries(Object.entries(overhead).filter(([name]) => name in needed));
  return addResources(needed, limited);
}
