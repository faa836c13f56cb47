import type {ApiClient, KubeObject, ObjectKey, ResourceType, WatchHandler} from '../../server/api/client.ts';
import {type ApiError, alreadyExists, conflict, notFound} from '../../server/api/status.ts';

type Call = {verb: string; resource: string; key: string; object?: unknown; user: string};

interface Watcher {
  resource: string;
  handler: WatchHandler<KubeObject>;
}

/** A few verbs over a map: enough to see what a runtime part asks of the API. */
export function createFakeApi() {
  const objects = new Map<string, KubeObject>();
  const watchers = new Set<Watcher>();
  const calls: Call[] = [];
  const log: {kind: 'ADDED' | 'MODIFIED' | 'DELETED'; resource: string; object: KubeObject}[] = [];
  let revision = 0;
  let failNext: ApiError | undefined;

  const path = (type: ResourceType<never>, {namespace, name}: ObjectKey) => `${type.resource}/${namespace ?? ''}/${name}`;
  const stamp = (object: KubeObject): KubeObject => {
    revision++;
    const metadata = {...object.metadata, uid: object.metadata.uid ?? `uid-${revision}`, resourceVersion: String(revision)};
    return structuredClone({...object, metadata});
  };
  const tell = (kind: 'ADDED' | 'MODIFIED' | 'DELETED', resource: string, object: KubeObject) => {
    log.push({kind, resource, object});
    for (const watcher of watchers) if (watcher.resource === resource) watcher.handler.event(kind, structuredClone(object));
  };
  const maybeFail = () => {
    const error = failNext;
    failNext = undefined;
    if (error) throw error;
  };

  const as = (user: string): ApiClient =>
    ({
      async get(type: ResourceType<never>, key: ObjectKey) {
        const found = objects.get(path(type, key));
        if (!found) throw notFound(type, key.name);
        return found;
      },
      async list(type: ResourceType<never>) {
        calls.push({verb: 'list', resource: type.resource, key: '', user});
        maybeFail();
        const items = [...objects].filter(([key]) => key.startsWith(`${type.resource}/`)).map(([, object]) => structuredClone(object));
        return {items, metadata: {resourceVersion: String(revision)}};
      },
      watch(type: ResourceType<never>, options: {resourceVersion?: string}, handler: WatchHandler<KubeObject>) {
        const watcher = {resource: type.resource, handler};
        watchers.add(watcher);
        for (const {kind, resource, object} of log)
          if (resource === type.resource && Number(object.metadata.resourceVersion) > Number(options.resourceVersion))
            handler.event(kind, structuredClone(object));
        return {stop: () => void watchers.delete(watcher)};
      },
      async create(type: ResourceType<never>, object: KubeObject) {
        const key = path(type, {namespace: object.metadata.namespace, name: object.metadata.name!});
        calls.push({verb: 'create', resource: type.resource, key, object, user});
        if (objects.has(key)) throw alreadyExists(type, object.metadata.name!);
        objects.set(key, stamp(object));
        tell('ADDED', type.resource, objects.get(key)!);
        return objects.get(key);
      },
      async update(type: ResourceType<never>, object: KubeObject) {
        const key = path(type, {namespace: object.metadata.namespace, name: object.metadata.name!});
        calls.push({verb: 'update', resource: type.resource, key, object, user});
        const old = objects.get(key);
        if (!old) throw notFound(type, object.metadata.name!);
        if (object.metadata.resourceVersion && object.metadata.resourceVersion !== old.metadata.resourceVersion)
          throw conflict(type, object.metadata.name!, 'modified');
        objects.set(key, stamp({...object, metadata: {...object.metadata, uid: old.metadata.uid}}));
        tell('MODIFIED', type.resource, objects.get(key)!);
        return objects.get(key);
      },
      async patch(type: ResourceType<never>, name: ObjectKey, {patch}: {patch: object}) {
        const key = path(type, name);
        calls.push({verb: 'patch', resource: type.resource, key, object: patch, user});
        const old = objects.get(key);
        if (!old) throw notFound(type, name.name);
        objects.set(key, stamp({...old, ...patch}));
        tell('MODIFIED', type.resource, objects.get(key)!);
        return objects.get(key);
      },
      async delete(type: ResourceType<never>, name: ObjectKey) {
        const key = path(type, name);
        const old = objects.get(key);
        if (!old) throw notFound(type, name.name);
        objects.delete(key);
        tell('DELETED', type.resource, stamp(old));
        return old;
      },
      as: ({name}: {name: string}) => as(name),
    }) as unknown as ApiClient;

  return {
    client: as('admin'),
    calls,
    /** Ends every watch, with an error if given. */
    endWatches(error?: Error) {
      const ended = [...watchers];
      watchers.clear();
      for (const {handler} of ended) handler.end(error);
    },
    failNextList(error: ApiError) {
      failNext = error;
    },
    watching: (resource: string) => [...watchers].filter(watcher => watcher.resource === resource).length,
  };
}

/** Lets promises and immediates run. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve));
}
