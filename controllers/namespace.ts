import equal from 'fast-deep-equal';
import type {KubeObject} from '../server/api/object.ts';
import {formatGroupResource} from '../server/api/object.ts';
import {namespaces as namespaceType, pods as podType} from '../server/api/resource-types.generated.ts';
import {ignoreNotFound, isApiError} from '../server/api/status.ts';
import {namespaceConditions, type Progress} from './namespace-plan.ts';
import {messageOf} from './replicaset.ts';
import type {ReconcileResult, Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import type {DiscoveredResource} from './support/discovery.ts';
import {discover} from './support/discovery.ts';

/** Empties namespaces that are being deleted and lets them go (pkg/controller/namespace). */
export const namespaceController: ControllerDefinition = {name: 'namespace-controller', alias: 'namespace', start};

const FINALIZER = 'kubernetes';
/**
 * How long a deleted namespace is left alone, so that writes on their way are not missed. Upstream waits five seconds for API servers
 * that have not heard of the deletion; there is one here.
 */
const GRACE = 750;
const PODS = 'pods';
/** How long until what remains is looked at again. */
const RETRY = 100;
const LAST_RETRY = 5000;

function start(context: ControllerContext): Running[] {
  const {client, clock} = context;
  const namespaces = context.informer(namespaceType);
  const pods = context.informer(podType);
  const queue = context.queue();
  const rounds = new Map<string, number>();
  const changed = ({metadata}: {metadata: {name?: string; deletionTimestamp?: string}}) => {
    if (metadata.deletionTimestamp) queue.addAfter(metadata.name!, GRACE);
  };
  namespaces.addHandler({
    added: changed,
    updated(namespace, old) {
      if (!old.metadata.deletionTimestamp) changed(namespace);
    },
    deleted: ({metadata}) => void rounds.delete(metadata.name!),
  });
  pods.addHandler({
    deleted({metadata}) {
      const {namespace} = metadata;
      if (rounds.has(namespace!) && pods.list(namespace).length === 0) queue.add(namespace!);
    },
  });

  return [context.run(queue, reconcile, {workers: 10})];

  async function reconcile(name: string): Promise<ReconcileResult | undefined> {
    const namespace = namespaces.get(name);
    if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes(FINALIZER)) return;
    const progress = await deleteContent(name);
    await writeConditions(name, progress);
    const isDone = progress.remaining.size === 0 && progress.contentErrors.length === 0 && !progress.discoveryError;
    if (!isDone) {
      const round = rounds.get(name) ?? 0;
      rounds.set(name, round + 1);
      return {requeueAfter: Math.min(RETRY * 2 ** round, LAST_RETRY)};
    }
    rounds.delete(name);
    await finalize(name);
  }

  /** Pods go first, all else when none is left: what they use has to stay while they stop. */
  async function deleteContent(namespace: string): Promise<Progress> {
    const progress = {contentErrors: [] as string[], remaining: new Map<string, number>(), finalizers: new Map<string, number>()};
    const found = await discover(client);
    const resources = found.preferred.filter(({namespaced, verbs}) => namespaced && verbs.includes('delete'));
    const isPod = ({group, resource}: DiscoveredResource) => group === '' && resource === PODS;
    for (const resource of resources.filter(isPod)) await deleteAll(namespace, resource, progress);
    if (progress.remaining.size === 0) {
      await Promise.all(resources.filter(resource => !isPod(resource)).map(resource => deleteAll(namespace, resource, progress)));
    }
    return {...progress, ...(found.failed.length > 0 && {discoveryError: `unable to retrieve: ${found.failed.join(', ')}`})};
  }

  async function deleteAll(
    namespace: string,
    resource: DiscoveredResource,
    progress: {contentErrors: string[]; remaining: Map<string, number>; finalizers: Map<string, number>},
  ): Promise<void> {
    try {
      let items = await list(namespace, resource);
      if (items.length === 0) return;
      if (resource.verbs.includes('deletecollection'))
        await client.deleteCollection(resource, {namespace}, {propagationPolicy: 'Background'});
      else await Promise.all(items.map(({metadata}) => deleteOne(resource, metadata)));
      items = await list(namespace, resource);
      if (items.length === 0) return;
      progress.remaining.set(formatName(resource), items.length);
      for (const {metadata} of items) {
        for (const finalizer of metadata.finalizers ?? [])
          progress.finalizers.set(finalizer, (progress.finalizers.get(finalizer) ?? 0) + 1);
      }
    } catch (error) {
      if (!isApiError(error, 'NotFound', 'MethodNotAllowed')) progress.contentErrors.push(messageOf(error));
    }
  }

  async function list(namespace: string, resource: DiscoveredResource): Promise<KubeObject[]> {
    return resource.verbs.includes('list') ? (await client.list(resource, {namespace})).items : [];
  }

  async function deleteOne(resource: DiscoveredResource, {namespace, name}: {namespace?: string; name?: string}): Promise<void> {
    await client.delete(resource, {namespace, name: name!}, {propagationPolicy: 'Background'}).catch(ignoreNotFound);
  }

  async function writeConditions(name: string, progress: Progress): Promise<void> {
    const namespace = await read(name);
    if (!namespace) return;
    const before = namespace.status?.conditions ?? [];
    const conditions = namespaceConditions(before, progress, clock.now());
    if (equal(before, conditions)) return;
    await client.update(namespaceType, {...namespace, status: {...namespace.status, conditions}}, {subresource: 'status'});
  }

  async function finalize(name: string): Promise<void> {
    const namespace = await read(name);
    if (!namespace) return;
    const finalizers = (namespace.spec?.finalizers ?? []).filter(finalizer => finalizer !== FINALIZER);
    await client.update(namespaceType, {...namespace, spec: {...namespace.spec, finalizers}}, {subresource: 'finalize'});
  }

  function read(name: string) {
    return client.get(namespaceType, {name}).catch(ignoreNotFound);
  }
}

/** `deployments.apps`; the core group has an empty one: `pods.`, as in the conditions' messages. */
const formatName = (resource: DiscoveredResource): string =>
  resource.group === '' ? `${resource.resource}.` : formatGroupResource(resource);
