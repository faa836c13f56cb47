import type {FilterPlugin} from '../framework.ts';
import {rejection} from '../framework.ts';
import {matchesNodeSelector} from '../node-selector.ts';

const ELSEWHERE = rejection('resourceclaim not available on the node', true);
const NOT_ENOUGH = rejection('cannot allocate all claims');

/** The devices that a pod's ResourceClaims have, or still have to get, decide about its node. */
export const dynamicResources: FilterPlugin = {
  name: 'DynamicResources',
  prepare({pod}, {lookup: {devices}}) {
    if (!pod.spec.resourceClaims?.length || !devices) return undefined;
    const {claims, missing} = devices.claimsOf(pod);
    if (missing) return rejection(missing, true);
    const allocated = claims.flatMap(claim => devices.allocationOf(claim) ?? []);
    const open = claims.filter(claim => !devices.allocationOf(claim));
    return {
      filter(node) {
        if (allocated.some(({nodeSelector}) => nodeSelector && !matchesNodeSelector(nodeSelector, node))) return ELSEWHERE;
        return open.length === 0 || devices.allocate(open, node) ? undefined : NOT_ENOUGH;
      },
    };
  },
  hint: event => event.type === 'Storage' || event.type === 'NodeAdd' || event.type === 'PodDelete',
};
