import {formatCIDR, parseCIDR} from '../server/api/ip.ts';
import {nodes as nodeType} from '../server/api/resource-types.generated.ts';
import type {ControllerDefinition} from './runtime/definition.ts';

const NODE_PREFIX = 24;

/** Gives every node a range of pod addresses out of the cluster's (pkg/controller/nodeipam, RangeAllocator; IPv4, /24 each). */
export const nodeIPAMController: ControllerDefinition = {
  name: 'node-ipam-controller',
  alias: 'nodeipam',
  serviceAccount: 'node-controller',
  component: 'cidrAllocator',
  start(context) {
    const {clusterCIDR} = context.settings;
    if (!clusterCIDR) return [];
    const nodes = context.informer(nodeType);
    const queue = context.queue();
    nodes.addHandler({
      added: ({metadata, spec}) => void (spec?.podCIDR || queue.add(metadata.name!)),
      updated: ({metadata, spec}) => void (spec?.podCIDR || queue.add(metadata.name!)),
    });
    // Given out here, and perhaps not in the cache yet.
    const given = new Map<string, string>();

    const reconcile = async (name: string) => {
      const node = nodes.get(name);
      if (!node || node.spec?.podCIDR) return;
      const taken = new Set(nodes.list().flatMap(({spec}) => (spec?.podCIDR ? [spec.podCIDR] : [])));
      for (const [other, cidr] of given) {
        if (nodes.get(other)?.spec?.podCIDR || !nodes.get(other)) given.delete(other);
        else if (other !== name) taken.add(cidr);
      }
      const podCIDR = firstFree(clusterCIDR, taken);
      if (!podCIDR) {
        const target = {apiVersion: 'v1', kind: 'Node', metadata: {name, uid: node.metadata.uid}};
        context.events.record(target, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
        throw new Error(`no pod range left in ${clusterCIDR}`);
      }
      given.set(name, podCIDR);
      const patch = {spec: {podCIDR, podCIDRs: [podCIDR]}};
      await context.client.patch(nodeType, {name}, {type: 'strategic', patch});
    };
    return [context.run(queue, reconcile, {workers: 1})];
  },
};

/** The first /24 of a range that is not taken; undefined: it is full. */
export function firstFree(range: string, taken: ReadonlySet<string>): string | undefined {
  const cidr = parseCIDR(range);
  const [base, prefix] = [range.split('/')[0]!.split('.').map(Number), Number(range.split('/')[1])];
  if (!cidr || base.length !== 4) return undefined;
  const start = base.reduce((number, part) => number * 256 + part, 0);
  const count = 2 ** Math.max(0, NODE_PREFIX - prefix);
  for (let i = 0; i < count; i++) {
    const address = start + i * 2 ** (32 - NODE_PREFIX);
    const text = [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.');
    const candidate = formatCIDR(parseCIDR(`${text}/${NODE_PREFIX}`)!);
    if (!taken.has(candidate)) return candidate;
  }
  return undefined;
}
