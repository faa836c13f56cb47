import type {Authorizer} from './access/authorizer.ts';
import type {AdmissionLookup, WebhookCaller} from './admission/admission.ts';
import type {ApiClient} from './api/client.ts';
import type {Clock} from './api/clock.ts';
import type {Random} from './api/random.ts';
import type {Registry} from './resources/registry.ts';
import type {Resource} from './resources/resource.ts';
import type {Entry, ResourceStorage} from './storage/types.ts';

export interface AdmissionLookupOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
  readonly authorizer: Authorizer;
  storage(resource: Resource): ResourceStorage;
  readonly webhooks: WebhookCaller;
  /** The API server's own client, which does not exist yet when the lookup is made. */
  client(): ApiClient;
}

/** What admission sees of one server's objects: the caches. */
export function createAdmissionLookup({
  registry,
  clock,
  random,
  authorizer,
  storage,
  webhooks,
  client,
}: AdmissionLookupOptions): AdmissionLookup {
  const of = (group: string, resource: string): ResourceStorage | undefined => {
    const found = registry.findGroupResource(group, resource);
    return found && storage(found);
  };
  const entries = (group: string, resource: string, namespace: string | undefined): Iterable<Entry> => {
    const snapshot = of(group, resource)?.snapshot();
    if (!snapshot || snapshot.size === 0) return [];
    return snapshot.range(namespace === undefined ? {} : {prefix: `${namespace}/`});
  };
  return {
    clock,
    random,
    authorizer,
    webhooks,
    get client() {
      return client();
    },
    get: (group, resource, namespace, name) => of(group, resource)?.get(namespace === '' ? name : `${namespace}/${name}`)?.object,
    has(group, resource, namespace) {
      for (const _entry of entries(group, resource, namespace)) return true;
      return false;
    },
    findKind: registry.findKind,
    list: (group, resource, namespace) => [...entries(group, resource, namespace)].map(entry => entry.object),
  };
}
