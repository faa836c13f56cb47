import type {PodSpec} from '../../../api/kinds.generated.ts';
import {addQuantity, compareQuantity, quantitySign} from '../../../api/quantity.ts';
import type {ResourceList} from './pod-resources.ts';

const COMPUTE = ['cpu', 'memory'];

/** status.qosClass: how a pod fares when its node runs out of memory (pkg/apis/core/helper/qos). */
export function podQualityOfService(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const all = spec.resources ? [spec.resources] : [...spec.containers, ...(spec.initContainers ?? [])].map(({resources}) => resources);
  const [requests, limits]: [ResourceList, ResourceList] = [{}, {}];
  let limited = true;
  for (const resources of all) {
    sumCompute(requests, resources?.requests);
    sumCompute(limits, resources?.limits);
    if (spec.resources && !Object.keys(spec.resources.limits ?? {}).length) continue;
    limited &&= COMPUTE.every(name => isPositive(resources?.limits?.[name]));
  }
  const [requested, limitedNames] = [Object.keys(requests), Object.keys(limits)];
  if (requested.length === 0 && limitedNames.length === 0) return 'BestEffort';
  const equal = requested.every(name => limits[name] !== undefined && compareQuantity(limits[name], requests[name]!) === 0);
  return limited && equal && requested.length === limitedNames.length ? 'Guaranteed' : 'Burstable';
}

const isPositive = (amount: string | undefined): boolean => amount !== undefined && quantitySign(amount) > 0;

function sumCompute(total: ResourceList, list: ResourceList | undefined): void {
  for (const name of COMPUTE) {
    const amount = list?.[name];
    if (amount === undefined || !isPositive(amount)) continue;
    total[name] = total[name] === undefined ? amount : addQuantity(total[name], amount);
  }
}
