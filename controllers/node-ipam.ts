import type {Node} from '../server/api/kinds.generated.ts';
import {nodes as nodeType} from '../server/api/resource-types.generated.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {createNetworkPool} from './support/addresses.ts';

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
    const ranges = createNetworkPool(clusterCIDR, NODE_PREFIX);
    // Nodes for which there was no range left: they are looked at again when one comes back.
    const waiting = new Set<string>();
    const follow = ({metadata, spec}: Node) => {
      if (spec?.podCIDR) ranges.reserve(spec.podCIDR);
      else if (!waiting.has(metadata.name!)) queue.add(metadata.name!);
    };
    nodes.addHandler({
      added: follow,
      updated: follow,
      deleted({metadata, spec}) {
        waiting.delete(metadata.name!);
        if (!spec?.podCIDR) return;
        ranges.release(spec.podCIDR);
        for (const name of waiting) queue.add(name);
        waiting.clear();
      },
    });

    const reconcile = async (name: string) => {
      const node = nodes.get(name);
      if (!node || node.spec?.podCIDR) return;
      const podCIDR = ranges.take();
      if (!podCIDR) {
        waiting.add(name);
        const target = {apiVersion: 'v1', kind: 'Node', metadata: {name, uid: node.metadata.uid}};
        context.events.record(target, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
        return;
      }
      const patch = {spec: {podCIDR, podCIDRs: [podCIDR]}};
      await context.client.patch(nodeType, {name}, {type: 'strategic', patch}).catch(error => {
        ranges.release(podCIDR);
        throw error;
      });
    };
    return [context.run(queue, reconcile, {workers: 1})];
  },
};
