import type {ApiClient} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import type {Node} from '../../server/api/kinds.generated.ts';
import type {Random} from '../../server/api/random.ts';
import type {EventRecorder} from '../runtime/events.ts';
import {createEventRecorder} from '../runtime/events.ts';
import type {Pool} from '../support/addresses.ts';
import {createAddressPool} from '../support/addresses.ts';

/** A node with a simulated kubelet. */
export interface Host {
  readonly name: string;
  node: Node;
  readonly ip: string;
  /** Acts as `system:node:<name>`. */
  readonly client: ApiClient;
  events(): EventRecorder;
  /** Since when it is known, in milliseconds since the epoch. */
  readonly since: number;
  /** Of the node's network for its pods; undefined while it has none. */
  addresses(): Pool | undefined;
  /** Names of images that were pulled. */
  readonly images: Set<string>;
  idle(): boolean;
}

/** Few, as there are many kubelets in one process. */
const REMEMBERED_EVENTS = 128;

export interface HostOptions {
  client: ApiClient;
  clock: Clock;
  random: Random;
  ip: string;
}

export function createHost(node: Node, {client, clock, random, ip}: HostOptions): Host {
  const name = node.metadata.name!;
  const own = client.as({name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated']}, 'kubelet');
  let recorder: EventRecorder | undefined;
  let pool: {cidr: string; addresses: Pool} | undefined;
  const host: Host = {
    name,
    node,
    ip,
    since: clock.now(),
    client: own,
    events() {
      recorder ??= createEventRecorder({client: own, clock, random, component: 'kubelet', host: name, memory: REMEMBERED_EVENTS});
      return recorder;
    },
    addresses() {
      const cidr = host.node.spec?.podCIDR;
      if (cidr && pool?.cidr !== cidr) pool = {cidr, addresses: createAddressPool(cidr)};
      return pool?.addresses;
    },
    images: new Set(),
    idle: () => recorder?.idle() ?? true,
  };
  return host;
}
