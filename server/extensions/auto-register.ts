import type {ApiClient} from '../api/client.ts';
import type {APIService} from '../api/kinds.generated.ts';
import type {GroupVersion} from '../api/object.ts';
import {apiservices} from '../api/resource-types.generated.ts';
import {isApiError} from '../api/status.ts';
import type {ResourceStorage} from '../storage/types.ts';

const LABEL = 'kube-aggregator.kubernetes.io/automanaged';
// k8s.io/kubernetes pkg/controlplane/controller/crdregistration: what groups of CRDs are worth.
const GROUP_PRIORITY = 1000;
const VERSION_PRIORITY = 100;

/** Keeps a local APIService for each group-version that CRDs serve, unless somebody has made one. */
export async function registerGroupVersions(client: ApiClient, storage: ResourceStorage, served: readonly GroupVersion[]): Promise<void> {
  const wanted = new Map<string, APIService>();
  for (const {group, version} of served) {
    const name = `${version}.${group}`;
    if (wanted.has(name)) continue;
    wanted.set(name, {
      metadata: {name, labels: {[LABEL]: 'true'}},
      spec: {group, version, groupPriorityMinimum: GROUP_PRIORITY, versionPriority: VERSION_PRIORITY},
    } as APIService);
  }
  for (const [name, service] of wanted) if (!storage.get(name)) await unless('AlreadyExists', client.create(apiservices, service));
  for (const {name, labels} of storage.snapshot().range())
    if (labels[LABEL] === 'true' && !wanted.has(name)) await unless('NotFound', client.delete(apiservices, {name}));
}

async function unless(reason: string, call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isApiError(error, reason)) throw error;
  }
}
