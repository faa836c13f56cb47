import type {Node, Pod} from '../server/api/kinds.generated.ts';
import {leases as leaseType, nodes as nodeType, pods as podType} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import {formatTime, parseTime} from '../server/api/time.ts';
import type {Health} from './node-lifecycle-plan.ts';
import {isReady, isSilent, legacyLabels, nodeTaints, observeHealth, unknownConditions} from './node-lifecycle-plan.ts';
import type {Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import {keyOf} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import {indexByNode, podsOn} from './support/node-pods.ts';
import {isPodReady, podCondition} from './support/pods.ts';

/** Watches heartbeats, marks silent nodes, taints by condition (pkg/controller/nodelifecycle). Zones are not told apart. */
export const nodeLifecycleController: ControllerDefinition = {
  name: 'node-lifecycle-controller',
  alias: 'nodelifecycle',
  serviceAccount: 'node-controller',
  start,
};

const MONITOR_PERIOD = 5000;
const LEASE_NAMESPACE = 'kube-node-lease';

function start(context: ControllerContext): Running[] {
  const {client, clock, events} = context;
  const nodes = context.informer(nodeType);
  const leases = context.informer(leaseType);
  const pods = context.informer(podType);
  const queue = context.queue();
  const ownWrites = createOwnWrites();
  const healths = new Map<string, Health>();
  indexByNode(pods);
  const ready = new Set<string>();
  /** Whether any node is ready decides about the taints of all. */
  const noteReadiness = (name: string, isNow: boolean) => {
    const before = ready.size > 0;
    if (isNow) ready.add(name);
    else ready.delete(name);
    if (ready.size > 0 !== before) for (const node of nodes.list()) queue.add(keyOf(node));
  };
  const changed = (node: Node) => {
    queue.add(keyOf(node));
    noteReadiness(keyOf(node), isReady(node));
  };
  nodes.addHandler({
    added: changed,
    updated: changed,
    deleted(node) {
      healths.delete(keyOf(node));
      noteReadiness(keyOf(node), false);
      tell(node, 'RemovingNode', `Removing Node ${node.metadata.name} from Controller`);
    },
  });

  return [context.run(queue, reconcile, {workers: 8}), context.every(MONITOR_PERIOD, monitor)];

  /** Taints and labels follow from what the node says. */
  async function reconcile(name: string): Promise<void> {
    await ownWrites.shown(name);
    const node = nodes.get(name);
    if (!node || node.metadata.deletionTimestamp) return;
    const taints = nodeTaints(node, clock.now(), ready.size > 0);
    const labels = legacyLabels(node);
    if (!taints && !labels) return;
    const patch = {
      metadata: {resourceVersion: node.metadata.resourceVersion, ...(labels && {labels})},
      ...(taints && {spec: {taints: taints.length > 0 ? taints : null}}),
    };
    ownWrites.wrote(name, nodes, await client.patch(nodeType, {name}, {type: 'merge', patch}));
  }

  async function monitor(): Promise<void> {
    for (const node of nodes.list()) await check(node).catch(error => context.report(keyOf(node), error));
  }

  async function check(node: Node): Promise<void> {
    const name = keyOf(node);
    const now = clock.now();
    const last = healths.get(name);
    if (!last) tell(node, 'RegisteredNode', `Registered Node ${name} in Controller`);
    const {renewTime} = leases.get(`${LEASE_NAMESPACE}/${name}`)?.spec ?? {};
    const health = observeHealth(node, renewTime, last, parseTime(node.metadata.creationTimestamp!), now);
    healths.set(name, health);
    const isUp = isReady(node);
    const conditions = isSilent(node, health, now) ? unknownConditions(node, now) : undefined;
    if (conditions) await client.update(nodeType, {...node, status: {...node.status, conditions}}, {subresource: 'status'});
    const wentDown = (last?.ready === 'True' && !isUp) || (isUp && conditions !== undefined);
    if (!wentDown) return;
    healths.set(name, {...health, ready: 'Unknown'});
    const target = {apiVersion: 'v1', kind: 'Node', metadata: {name, uid: node.metadata.uid}};
    events.record(target, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    await Promise.all(podsOn(pods, name).filter(isPodReady).map(markNotReady));
  }

  /** No kubelet will say it any more. */
  async function markNotReady(pod: Pod): Promise<void> {
    const ready = podCondition(pod, 'Ready')!;
    const {namespace, name, uid} = pod.metadata;
    const conditions = [{...ready, status: 'False', lastTransitionTime: formatTime(clock.now())}];
    const patch = {metadata: {uid}, status: {conditions}};
    events.record({apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata}, 'Warning', 'NodeNotReady', 'Node is not ready');
    await client.patch(podType, {namespace, name: name!}, {type: 'strategic', patch}, {subresource: 'status'}).catch(error => {
      if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
    });
  }

  function tell({metadata}: Node, reason: string, message: string): void {
    const target = {apiVersion: 'v1', kind: 'Node', metadata: {name: metadata.name, uid: metadata.uid}};
    events.record(target, 'Normal', reason, `Node ${metadata.name} event: ${message}`);
  }
}
