import equal from 'fast-deep-equal';
import type {JsonObject} from '../server/api/json.ts';
import type {KubeObject, ObjectMeta, OwnerReference} from '../server/api/object.ts';
import {formatGroupVersion} from '../server/api/object.ts';
import {ignoreNotFound} from '../server/api/status.ts';
import type {Consequences, Node} from './garbage-graph.ts';
import {blockingDependents, createGraph, FOREGROUND, ORPHAN} from './garbage-graph.ts';
import type {Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import type {Informer} from './runtime/informer.ts';
import {objectKey} from './runtime/informer.ts';
import type {DiscoveredResource, Discovery} from './support/discovery.ts';
import {isDeletable, watchDiscovery} from './support/discovery.ts';

/** Deletes what lost its owners, and holds owners back until their dependents are gone (pkg/controller/garbagecollector). */
export const garbageCollectorController: ControllerDefinition = {
  name: 'garbage-collector-controller',
  alias: 'garbagecollector',
  serviceAccount: 'generic-garbage-collector',
  component: 'garbage-collector-controller',
  start,
};

interface Monitor {
  resource: DiscoveredResource;
  informer: Informer<KubeObject>;
  remove(): void;
}

type Propagation = 'Orphan' | 'Background' | 'Foreground';

const WORKERS = 20;
/** Events come and go too often to be worth following. */
const IGNORED = new Set(['events', 'events.events.k8s.io']);

function start(context: ControllerContext): Running[] {
  const {client} = context;
  const graph = createGraph();
  const toDelete = context.queue();
  const toOrphan = context.queue();
  const monitors = new Map<string, Monitor>();
  const absent = createAbsentOwners();
  let discovery: Discovery | undefined;

  const apply = (consequences: Consequences) => {
    for (const uid of consequences.delete) toDelete.add(uid);
    for (const uid of consequences.orphan) toOrphan.add(uid);
    for (const {node, owner} of consequences.crossNamespace) tellInvalidNamespace(node, owner);
  };

  const tellInvalidNamespace = ({identity}: Node, {apiVersion, kind, name, uid}: OwnerReference) => {
    const {namespace} = identity;
    const reference = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
    const target = {apiVersion: identity.apiVersion, kind: identity.kind, metadata: {namespace, name: identity.name, uid: identity.uid}};
    context.events.record(
      target,
      'Warning',
      'OwnerRefInvalidNamespace',
      `ownerRef ${reference} does not exist in namespace "${namespace}"`,
    );
  };

  const monitor = (resource: DiscoveredResource): Monitor => {
    const informer = context.informer(resource);
    const apiVersion = formatGroupVersion(resource);
    const put = ({metadata}: KubeObject) => {
      const {namespace = '', name, uid} = metadata;
      apply(graph.put({apiVersion, kind: resource.kind, namespace, name: name!, uid: uid!}, metadata));
    };
    const remove = informer.addHandler({
      added: put,
      updated(object, old) {
        if (concernsGraph(object.metadata, old.metadata)) put(object);
      },
      deleted: ({metadata}) => {
        absent.add(metadata.uid!, metadata.namespace);
        apply(graph.remove(metadata.uid!));
      },
    });
    return {resource, informer, remove};
  };

  const follow = async (latest: Discovery) => {
    discovery = latest;
    const wanted = new Map<string, DiscoveredResource>();
    for (const resource of latest.preferred) {
      const name = resource.group ? `${resource.resource}.${resource.group}` : resource.resource;
      if (isDeletable(resource) && !IGNORED.has(name)) wanted.set(name, resource);
    }
    for (const [name, {resource, informer, remove}] of monitors) {
      if (wanted.get(name)?.version === resource.version) continue;
      monitors.delete(name);
      remove();
      for (const {metadata} of informer.list()) apply(graph.remove(metadata.uid!));
      context.drop(resource);
    }
    for (const [name, resource] of wanted) if (!monitors.has(name)) monitors.set(name, monitor(resource));
    await Promise.all([...monitors.values()].map(({informer}) => informer.whenSynced()));
  };

  const monitorOf = ({identity}: Node): Monitor | undefined => {
    const resource = discovery?.find(identity.apiVersion, identity.kind);
    return resource && monitors.get(resource.group ? `${resource.resource}.${resource.group}` : resource.resource);
  };

  /** The object as the cache knows it; deletes and patches carry its resourceVersion, so that a stale one does no harm. */
  const latest = (node: Node): KubeObject | undefined => {
    const object = monitorOf(node)?.informer.get(objectKey(node.identity.namespace, node.identity.name));
    return object?.metadata.uid === node.identity.uid ? object : undefined;
  };

  const patch = async (node: Node, object: KubeObject, metadata: JsonObject) => {
    const {namespace, name} = node.identity;
    const {uid, resourceVersion} = object.metadata;
    const body = {metadata: {uid, resourceVersion, ...metadata}};
    await client.patch(monitorOf(node)!.resource, keyFor(namespace, name), {type: 'merge', patch: body}).catch(ignoreNotFound);
  };

  const removeFinalizer = async (node: Node, finalizer: string) => {
    const object = latest(node);
    const finalizers = object?.metadata.finalizers ?? [];
    if (object && finalizers.includes(finalizer)) await patch(node, object, {finalizers: finalizers.filter(other => other !== finalizer)});
  };

  const attemptToDelete = async (uid: string) => {
    const node = graph.get(uid);
    if (!node || (node.beingDeleted && !node.deletingDependents)) return;
    if (node.virtual) return checkVirtual(node);
    const object = latest(node);
    if (!object) return;
    if (node.deletingDependents) return deleteDependents(node);
    const references = object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;

    const {solid, dangling, waiting} = await classify(node, references);
    if (solid.length > 0) {
      const lost = new Set([...dangling, ...waiting]);
      if (lost.size > 0) await patch(node, object, {ownerReferences: references.filter(reference => !lost.has(reference))});
    } else if (waiting.length > 0 && node.dependents.size > 0) {
      // Its own dependents wait for it while it waits for them: the circle is broken here.
      if ([...node.dependents].some(({deletingDependents}) => deletingDependents)) {
        await patch(node, object, {ownerReferences: references.map(reference => ({...reference, blockOwnerDeletion: false}))});
      }
      await remove(node, object, 'Foreground');
    } else {
      const {finalizers = []} = object.metadata;
      await remove(node, object, finalizers.includes(ORPHAN) ? 'Orphan' : finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background');
    }
  };

  const deleteDependents = async (node: Node) => {
    const blocking = blockingDependents(node);
    if (blocking.length === 0) return removeFinalizer(node, FOREGROUND);
    for (const dependent of blocking) if (!dependent.deletingDependents) toDelete.add(dependent.identity.uid);
  };

  const remove = async (node: Node, {metadata}: KubeObject, propagationPolicy: Propagation) => {
    const {uid, resourceVersion} = metadata;
    const options = {propagationPolicy, preconditions: {uid, resourceVersion}};
    await client.delete(monitorOf(node)!.resource, keyFor(metadata.namespace ?? '', metadata.name!), options).catch(ignoreNotFound);
  };

  const classify = async (node: Node, references: readonly OwnerReference[]) => {
    const result = {solid: [] as OwnerReference[], dangling: [] as OwnerReference[], waiting: [] as OwnerReference[]};
    for (const reference of references) {
      const owner = await findOwner(node, reference);
      if (!owner) result.dangling.push(reference);
      else if (owner.deletionTimestamp && owner.finalizers?.includes(FOREGROUND)) result.waiting.push(reference);
      else result.solid.push(reference);
    }
    return result;
  };

  /** The owner's metadata; undefined: it does not exist. Absence is asked of the server, once. */
  const findOwner = async ({identity}: Node, {apiVersion, kind, name, uid}: OwnerReference): Promise<ObjectMeta | undefined> => {
    const resource = discovery?.find(apiVersion, kind);
    if (!resource) throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`);
    const namespace = resource.namespaced ? identity.namespace : '';
    // A cluster-scoped object cannot say in which namespace its owner is: it is left alone.
    if (resource.namespaced && namespace === '') return {};
    if (absent.has(uid, namespace)) return undefined;
    const cached = monitors.get(resource.group ? `${resource.resource}.${resource.group}` : resource.resource)?.informer;
    const known = cached?.get(objectKey(namespace, name));
    if (known?.metadata.uid === uid) return known.metadata;
    const found = await client.get(resource, keyFor(namespace, name)).catch(ignoreNotFound);
    if (found?.metadata.uid === uid) return found.metadata;
    absent.add(uid, namespace);
    return undefined;
  };

  /** Somebody refers to something that was not seen: is it there? */
  const checkVirtual = async (node: Node) => {
    const {apiVersion, kind, name, uid} = node.identity;
    const found = await findOwner(node, {apiVersion, kind, name, uid});
    if (found) return;
    for (const dependent of node.dependents) toDelete.add(dependent.identity.uid);
  };

  const attemptToOrphan = async (uid: string) => {
    const node = graph.get(uid);
    if (!node || node.virtual) return;
    await Promise.all(
      [...node.dependents].map(async dependent => {
        const object = latest(dependent);
        const references = object?.metadata.ownerReferences ?? [];
        const rest = references.filter(reference => reference.uid !== uid);
        if (object && rest.length < references.length) await patch(dependent, object, {ownerReferences: rest});
      }),
    );
    await removeFinalizer(node, ORPHAN);
  };

  const watch = watchDiscovery(context, follow);
  return [
    watch,
    context.run(toDelete, attemptToDelete, {workers: WORKERS, ready: watch.ready}),
    context.run(toOrphan, attemptToOrphan, {workers: WORKERS, ready: watch.ready}),
  ];
}

const keyFor = (namespace: string, name: string) => (namespace ? {namespace, name} : {name});

const concernsGraph = (a: ObjectMeta, b: ObjectMeta): boolean =>
  a.deletionTimestamp !== b.deletionTimestamp ||
  !equal(a.ownerReferences, b.ownerReferences) ||
  (a.deletionTimestamp !== undefined && !equal(a.finalizers, b.finalizers));

/** Remembers a few hundred owners that do not exist; uids are never used twice. */
function createAbsentOwners(limit = 500) {
  const known = new Set<string>();
  const key = (uid: string, namespace = '') => `${uid}/${namespace}`;
  return {
    has: (uid: string, namespace?: string) => known.has(key(uid, namespace)),
    add(uid: string, namespace?: string) {
      known.add(key(uid, namespace));
      if (known.size > limit) known.delete(known.values().next().value!);
    },
  };
}
