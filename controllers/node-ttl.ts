import {nodes as nodeType} from '../server/api/resource-types.generated.ts';
import type {ControllerDefinition} from './runtime/definition.ts';

const ANNOTATION = 'node.alpha.kubernetes.io/ttl';

/** How long kubelets may cache Secrets and ConfigMaps, by cluster size: up to `nodes` nodes, `seconds` (with hysteresis downwards). */
const STEPS = [
  {least: 0, most: 100, seconds: 0},
  {least: 90, most: 500, seconds: 15},
  {least: 450, most: 1000, seconds: 30},
  {least: 900, most: 2000, seconds: 60},
  {least: 1800, most: Number.POSITIVE_INFINITY, seconds: 300},
];

/** Tells kubelets how long to cache (pkg/controller/ttl). */
export const nodeTTLController: ControllerDefinition = {
  name: 'ttl-controller',
  alias: 'ttl',
  start(context) {
    const nodes = context.informer(nodeType);
    const queue = context.queue();
    let step = 0;
    const resized = () => {
      const before = step;
      while (nodes.size() > STEPS[step]!.most) step++;
      while (nodes.size() < STEPS[step]!.least) step--;
      if (step !== before) for (const {metadata} of nodes.list()) queue.add(metadata.name!);
    };
    nodes.addHandler({
      added({metadata}) {
        resized();
        queue.add(metadata.name!);
      },
      updated: ({metadata}) => queue.add(metadata.name!),
      deleted: resized,
    });
    const reconcile = async (name: string) => {
      const node = nodes.get(name);
      const wanted = String(STEPS[step]!.seconds);
      if (!node || node.metadata.annotations?.[ANNOTATION] === wanted) return;
      await context.client.patch(nodeType, {name}, {type: 'strategic', patch: {metadata: {annotations: {[ANNOTATION]: wanted}}}});
    };
    return [context.run(queue, reconcile)];
  },
};
