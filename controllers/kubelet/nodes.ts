import type {ApiClient} from '../../server/api/client.ts';
import type {Clock, Timer} from '../../server/api/clock.ts';
import type {Lease, Node} from '../../server/api/kinds.generated.ts';
import type {Random} from '../../server/api/random.ts';
import {leases, nodes} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import {formatMicroTime} from '../../server/api/time.ts';
import type {Informer} from '../runtime/informer.ts';
import {createAddressPool, createNetworkPool} from '../support/addresses.ts';
import type {Host} from './hosts.ts';
import {createHost} from './hosts.ts';
import {heartbeatPatch, internalIP, isReady, isSimulated, newNode, readyPatch} from './node-object.ts';

export interface NodeManagerOptions {
  /** Acts as an administrator. */
  client: ApiClient;
  clock: Clock;
  random: Random;
  informer: Informer<Node>;
  /** How many nodes to see to: node-1, node-2, … */
  nodes: number;
  /** Pods' networks of 24 bits are cut out of it for nodes that have none; undefined: someone else does it. */
  podCidr?: string;
  version: string;
  /** A host came, or its node changed. */
  changed(host: Host): void;
  report(what: string, error: unknown): void;
}

/** The nodes with a simulated kubelet: their registration, status, leases and heartbeats. */
export interface NodeManager {
  host(name: string): Host | undefined;
  hosts(): Iterable<Host>;
  idle(): boolean;
  stop(): void;
}

const NODE_ADDRESSES = '172.18.0.0/16';
const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
/** A quarter of the lease; with very many nodes half of it, which is still in time. */
const RENEW = 10_000;
const MANY_NODES = 1000;
const HEARTBEAT = 300_000;
const TICK = 1000;

interface Kept {
  host: Host;
  lease?: Lease;
  renewAt: number;
  heartbeatAt: number;
  /** The network that was asked for its pods. */
  network?: string;
  busy: boolean;
}

export function startNodes(options: NodeManagerOptions): NodeManager {
  const {client, clock, random, informer, version, changed, report} = options;
  const kept = new Map<string, Kept>();
  const addresses = createAddressPool(NODE_ADDRESSES);
  const networks = options.podCidr === undefined ? undefined : createNetworkPool(options.podCidr, 24);
  let writes = 0;
  let stopped = false;
  let registered = false;
  let timer: Timer | undefined;

  const track = async (what: string, write: Promise<unknown>) => {
    writes++;
    await write.catch(error => {
      if (!stopped && !isApiError(error, 'NotFound', 'Conflict')) report(what, error);
    });
    writes--;
  };
  const factsOf = (name: string, ip: string) => ({name, ip, now: clock.now(), version, uuid: () => random.uuid()});

  const register = async () => {
    for (const {spec} of informer.list()) if (spec?.podCIDR) networks?.reserve(spec.podCIDR);
    const missing = Array.from({length: options.nodes}, (_, i) => `node-${i + 1}`).filter(name => !informer.get(name));
    await Promise.all(
      missing.map(async name => {
        const node = newNode(factsOf(name, addresses.take() ?? ''), networks?.take());
        const own = client.as({name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated']}, 'kubelet');
        await track(name, own.create(nodes, node));
      }),
    );
    registered = true;
  };

  const adopt = (node: Node): Kept => {
    const name = node.metadata.name!;
    const known = internalIP(node);
    if (known) addresses.reserve(known);
    const host = createHost(node, {client, clock, random, ip: known ?? addresses.take() ?? ''});
    const one: Kept = {host, renewAt: clock.now(), heartbeatAt: clock.now() + HEARTBEAT * (0.8 + 0.4 * random.float()), busy: false};
    kept.set(name, one);
    void renew(one);
    return one;
  };

  const follow = (node: Node) => {
    const name = node.metadata.name!;
    if (node.spec?.podCIDR) networks?.reserve(node.spec.podCIDR);
    if (!isSimulated(node)) return void kept.delete(name);
    const one = kept.get(name) ?? adopt(node);
    one.host.node = node;
    if (!isReady(node) && !one.busy) {
      one.busy = true;
      const patch = {type: 'strategic', patch: readyPatch(node, factsOf(name, one.host.ip))} as const;
      void track(name, one.host.client.patch(nodes, {name}, patch, {subresource: 'status'})).then(() => {
        one.busy = false;
      });
    }
    if (networks && !node.spec?.podCIDR && !one.network) {
      one.network = networks.take();
      const patch = {spec: {podCIDR: one.network, podCIDRs: [one.network!]}};
      void track(name, client.patch(nodes, {name}, {type: 'merge', patch}));
    }
    changed(one.host);
  };

  const renew = async (one: Kept) => {
    one.renewAt = clock.now() + (kept.size > MANY_NODES ? 2 * RENEW : RENEW);
    await track(one.host.name, writeLease(one, clock.now()));
  };

  const tick = () => {
    const now = clock.now();
    for (const one of kept.values()) {
      if (one.renewAt <= now) void renew(one);
      if (one.heartbeatAt <= now) {
        one.heartbeatAt = now + HEARTBEAT;
        const patch = {type: 'strategic', patch: heartbeatPatch(one.host.node, now)} as const;
        void track(one.host.name, one.host.client.patch(nodes, {name: one.host.name}, patch, {subresource: 'status'}));
      }
    }
    if (!stopped) timer = clock.after(TICK, 'upkeep', tick);
  };

  const forget = (node: Node) => {
    const one = kept.get(node.metadata.name!);
    kept.delete(node.metadata.name!);
    if (one) addresses.release(one.host.ip);
    if (node.spec?.podCIDR) networks?.release(node.spec.podCIDR);
  };

  void informer.whenSynced().then(async () => {
    if (stopped) return;
    await register();
    informer.addHandler({added: follow, updated: follow, deleted: forget});
    tick();
  });

  return {
    host: name => kept.get(name)?.host,
    *hosts() {
      for (const {host} of kept.values()) yield host;
    },
    idle: () => stopped || (registered && writes === 0 && [...kept.values()].every(({host}) => host.idle())),
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

/** Makes or renews a node's Lease. */
async function writeLease(one: Kept, now: number): Promise<void> {
  const {client, name, node} = one.host;
  const renewTime = formatMicroTime(now);
  const key = {namespace: LEASE_NAMESPACE, name};
  const spec = {holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime};
  const ownerReferences = [{apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid!}];
  try {
    one.lease ??= await client.get(leases, key);
    one.lease = await client.update(leases, {
      ...one.lease,
      metadata: {...one.lease.metadata, ownerReferences},
      spec: {...one.lease.spec, ...spec},
    });
  } catch (error) {
    one.lease = undefined;
    if (!isApiError(error, 'NotFound')) throw error;
    one.lease = await client.create(leases, {metadata: {...key, ownerReferences}, spec});
  }
}
