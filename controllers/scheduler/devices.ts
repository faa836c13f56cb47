import type {ApiClient} from '../../server/api/client.ts';
import type {AllocationResult, Pod, ResourceResourceClaim} from '../../server/api/kinds.generated.ts';
import {deviceClasses, resourceClaims, resourceSlices} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import type {Informers} from '../runtime/informers.ts';
import {allocateDevices, deviceId} from './device-allocation.ts';
import type {Devices} from './framework.ts';

export const DELETE_PROTECTION = 'resource.kubernetes.io/delete-protection';
const ATTEMPTS = 5;

export function createDevices(informers: Informers): Devices {
  const claims = informers.for(resourceClaims);
  const classes = informers.for(deviceClasses);
  const slices = informers.for(resourceSlices);
  /** By uid of the claim, with the uid of the pod that it is for. */
  const reserved = new Map<string, {pod: string; allocation: AllocationResult}>();

  const allocationOf = ({metadata, status}: ResourceResourceClaim) => status?.allocation ?? reserved.get(metadata.uid!)?.allocation;
  const taken = (): Set<string> => {
    const allocations = [
      ...claims.list().map(({status}) => status?.allocation),
      ...[...reserved.values()].map(({allocation}) => allocation),
    ];
    const results = allocations.flatMap(allocation => allocation?.devices?.results ?? []);
    return new Set(results.filter(({adminAccess}) => !adminAccess).map(deviceId));
  };
  const allocate: Devices['allocate'] = (open, node) =>
    allocateDevices(open, node, {slices: slices.list(), deviceClass: name => classes.get(name), taken: taken()});

  const claimsOf: Devices['claimsOf'] = ({metadata: {namespace, name}, spec, status}) => {
    const found: ResourceResourceClaim[] = [];
    for (const wanted of spec.resourceClaims ?? []) {
      const made = status?.resourceClaimStatuses?.find(each => each.name === wanted.name);
      // Made, and found not to be needed.
      if (made && !made.resourceClaimName) continue;
      const claimName = wanted.resourceClaimName ?? made?.resourceClaimName;
      if (!claimName) return {claims: [], missing: `pod "${namespace}/${name}": ResourceClaim not created yet`};
      const claim = claims.get(`${namespace}/${claimName}`);
      if (!claim) return {claims: [], missing: `resourceclaim "${claimName}" not found`};
      if (claim.metadata.deletionTimestamp) return {claims: [], missing: `resourceclaim "${claimName}" is being deleted`};
      found.push(claim);
    }
    return {claims: found};
  };

  const write = async (claim: ResourceResourceClaim, {metadata: {name, uid}}: Pod, client: ApiClient) => {
    const allocation = allocationOf(claim);
    if (!allocation) throw new Error(`resourceclaim ${claim.metadata.name} has lost its allocation`);
    const finalizers = claim.metadata.finalizers ?? [];
    const held = finalizers.includes(DELETE_PROTECTION)
      ? claim
      : await client.update(resourceClaims, {...claim, metadata: {...claim.metadata, finalizers: [...finalizers, DELETE_PROTECTION]}});
    const users = held.status?.reservedFor ?? [];
    const reservedFor = users.some(user => user.uid === uid) ? users : [...users, {resource: 'pods', name: name!, uid: uid!}];
    await client.update(resourceClaims, {...held, status: {...held.status, allocation, reservedFor}}, {subresource: 'status'});
  };

  return {
    claimsOf,
    allocationOf,
    allocate,
    reserve(pod, node) {
      const open = claimsOf(pod).claims.filter(claim => !allocationOf(claim));
      for (const [uid, allocation] of allocate(open, node) ?? []) reserved.set(uid, {pod: pod.metadata.uid!, allocation});
    },
    release(pod) {
      for (const [uid, one] of reserved) if (one.pod === pod.metadata.uid) reserved.delete(uid);
    },
    async bind(pod, client) {
      const {namespace} = pod.metadata;
      for (const {metadata} of claimsOf(pod).claims) {
        for (let attempt = 1; ; attempt++) {
          const fresh = await client.get(resourceClaims, {namespace, name: metadata.name!});
          const written = await write(fresh, pod, client).then(
            () => true,
            error => {
              if (attempt < ATTEMPTS && isApiError(error, 'Conflict')) return false;
              throw error;
            },
          );
          if (written) break;
        }
      }
    },
  };
}
