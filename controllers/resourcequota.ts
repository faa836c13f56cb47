import equal from 'fast-deep-equal';
import type {Pod, ResourceQuota} from '../server/api/kinds.generated.ts';
import type {GroupResource, KubeObject} from '../server/api/object.ts';
import {formatGroupResource} from '../server/api/object.ts';
import {addResources, type ResourceList} from '../server/api/pod-resources.ts';
import {compareQuantity} from '../server/api/quantity.ts';
import {countsForQuota, isInScopes, quotaUsage, resourceOfQuota} from '../server/api/quota.ts';
import {resourceQuotas as quotaType} from '../server/api/resource-types.generated.ts';
import {parseTime} from '../server/api/time.ts';
import type {ReconcileResult, Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import type {Informer} from './runtime/informer.ts';
import {keyOf} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import {watchDiscovery} from './support/discovery.ts';

/** Counts what the objects of a namespace use of its quotas (pkg/controller/resourcequota). */
export const resourceQuotaController: ControllerDefinition = {
  name: 'resourcequota-controller',
  alias: 'resourcequota',
  start,
};

/** After this long a status that somebody else changed is put right (`--resource-quota-sync-period`). */
const RESYNC = 300_000;

function start(context: ControllerContext): Running[] {
  const {client, clock} = context;
  const quotas = context.informer(quotaType);
  const queue = context.queue();
  const ownWrites = createOwnWrites();
  const watched = new Map<string, Informer<KubeObject>>();
  // Quotas that may only rise: objects came, which admission has charged already, perhaps with others that are not stored yet.
  const rising = new Set<string>();
  // Quotas that have to be counted anew, whatever else comes before they are.
  const falling = new Set<string>();
  const discovery = watchDiscovery(context, () => {});
  const full = (quota: ResourceQuota) => {
    falling.add(keyOf(quota));
    queue.add(keyOf(quota));
  };
  quotas.addHandler({
    added: full,
    updated(quota, old) {
      if (!equal(quota.spec, old.spec)) full(quota);
    },
  });

  const resync = context.every(RESYNC, async () => quotas.list().forEach(full));
  return [discovery, context.run(queue, reconcile, {ready: discovery.ready}), resync];

  async function reconcile(key: string): Promise<ReconcileResult | undefined> {
    await ownWrites.shown(key);
    const quota = quotas.get(key);
    if (!quota) return;
    const mayOnlyRise = rising.delete(key) && !falling.has(key);
    falling.delete(key);
    const hard = quota.spec?.hard ?? {};
    let used: ResourceList = {};
    let recheck: number | undefined;
    for (const resource of countedResources(hard)) {
      const informer = await follow(resource);
      if (!informer) continue;
      for (const object of informer.list(quota.metadata.namespace)) {
        if (!isInScopes(quota, resource, object)) continue;
        used = addResources(used, quotaUsage(resource, object, clock.now()));
        if (resource.resource === 'pods') recheck = earliest(recheck, endOfGrace(object as unknown as Pod, clock.now()));
      }
    }
    await write(key, quota, hard, counted(quota, hard, used, mayOnlyRise));
    return recheck === undefined ? undefined : {requeueAfter: recheck};
  }

  async function write(key: string, quota: ResourceQuota, hard: ResourceList, used: ResourceList): Promise<void> {
    if (equal(quota.status?.hard ?? {}, hard) && equal(quota.status?.used ?? {}, used)) return;
    ownWrites.wrote(key, quotas, await client.update(quotaType, {...quota, status: {hard, used}}, {subresource: 'status'}));
  }

  /** Follows a resource from the first time that a quota names it. */
  async function follow(resource: GroupResource): Promise<Informer<KubeObject> | undefined> {
    const name = formatGroupResource(resource);
    const known = watched.get(name);
    if (known) return known;
    const found = discovery.current()?.preferred.find(each => each.group === resource.group && each.resource === resource.resource);
    if (!found?.verbs.includes('watch')) return undefined;
    const informer = context.informer(found);
    await informer.whenSynced();
    watched.set(name, informer);
    const changed = ({metadata}: KubeObject, rises: boolean) => {
      for (const quota of quotas.list(metadata.namespace)) {
        if (!countedResources(quota.spec?.hard ?? {}).some(each => formatGroupResource(each) === name)) continue;
        if (rises) {
          rising.add(keyOf(quota));
          queue.add(keyOf(quota));
        } else full(quota);
      }
    };
    informer.addHandler({
      added: object => changed(object, true),
      updated(object, old) {
        const [now, before] = [quotaUsage(resource, object, clock.now()), quotaUsage(resource, old, clock.now())];
        if (!equal(now, before) || object.metadata.deletionTimestamp !== old.metadata.deletionTimestamp) changed(object, false);
      },
      deleted: object => changed(object, false),
    });
    return informer;
  }
}

/** The resources that a quota's names count. */
function countedResources(hard: ResourceList): GroupResource[] {
  const found = new Map<string, GroupResource>();
  for (const name of Object.keys(hard)) {
    const resource = resourceOfQuota(name);
    if (resource) found.set(formatGroupResource(resource), resource);
  }
  return [...found.values()];
}

/** What the quota shows: a number for each of its names. */
function counted({status}: ResourceQuota, hard: ResourceList, used: ResourceList, mayOnlyRise: boolean): ResourceList {
  return Object.fromEntries(
    Object.keys(hard).map(name => {
      const now = used[name] ?? '0';
      const before = status?.used?.[name] as string | undefined;
      return [name, mayOnlyRise && before !== undefined && compareQuantity(before, now) > 0 ? before : now];
    }),
  );
}

/** How long until a terminating pod stops counting; undefined if it is not one. */
function endOfGrace(pod: Pod, now: number): number | undefined {
  const {deletionTimestamp, deletionGracePeriodSeconds = 0} = pod.metadata;
  if (!deletionTimestamp || !countsForQuota(pod, now)) return undefined;
  return parseTime(deletionTimestamp) + deletionGracePeriodSeconds * 1000 - now + 1;
}

const earliest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);
