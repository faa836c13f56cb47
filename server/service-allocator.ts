import type {ApiClient} from './api/client.ts';
import type {Service} from './api/kinds.generated.ts';
import type {KubeObject} from './api/object.ts';
import {ipaddresses} from './api/resource-types.generated.ts';
import {isApiError} from './api/status.ts';
import type {ServiceAllocatorsOptions} from './storage/allocators.ts';
import {createServiceAllocators} from './storage/allocators.ts';
import type {Allocator} from './verbs/environment.ts';

const LABELS = {'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io'};

/** Cluster IPs and node ports of Services, and the IPAddress object that shows each cluster IP in use. */
export function serviceAllocator(options: ServiceAllocatorsOptions, client: ApiClient, report: (error: unknown) => void): Allocator {
  const allocators = createServiceAllocators(options);
  return {
    reserve(object, old, dryRun) {
      const service = object as unknown as Service;
      const reservation = allocators.reserve(service, old as unknown as Service | undefined, dryRun);
      const {added, removed} = reservation;
      return {
        async commit() {
          reservation.commit();
          for (const address of added) await show(client, address, service).catch(report);
          for (const address of removed) await hide(client, address).catch(report);
        },
        release: () => reservation.release(),
      };
    },
    async removed(object: KubeObject) {
      for (const address of allocators.release(object as unknown as Service).removed) await hide(client, address).catch(report);
    },
  };
}

async function show(client: ApiClient, address: string, {metadata}: Service): Promise<void> {
  try {
    await client.create(ipaddresses, {
      metadata: {name: address, labels: {'ipaddress.kubernetes.io/ip-family': address.includes(':') ? 'IPv6' : 'IPv4', ...LABELS}},
      spec: {parentRef: {resource: 'services', namespace: metadata.namespace!, name: metadata.name!}},
    });
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

async function hide(client: ApiClient, address: string): Promise<void> {
  try {
    await client.delete(ipaddresses, {name: address});
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}
