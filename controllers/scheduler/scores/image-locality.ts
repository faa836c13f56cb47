import type {ScorePlugin} from '../framework.ts';
import {MAX_NODE_SCORE} from '../framework.ts';

const MEGABYTE = 1024 * 1024;
const LEAST = 23 * MEGABYTE;
const MOST_PER_CONTAINER = 1000 * MEGABYTE;

/** Prefers nodes that hold the pod's images, the more the larger they are and the more nodes have them. */
export const imageLocalityScore: ScorePlugin = {
  name: 'ImageLocality',
  weight: 1,
  score({pod}, nodes, cluster) {
    if (nodes.every(({images}) => images.size === 0)) return undefined;
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    const names = containers.map(({image = ''}) => normalized(image));
    const all = cluster.nodes();
    const spread = new Map(names.map(name => [name, all.filter(({images}) => images.has(name)).length / all.length]));
    const most = MOST_PER_CONTAINER * containers.length;
    return nodes.map(({images}) => {
      const sum = names.reduce((total, name) => total + Math.trunc((images.get(name) ?? 0) * spread.get(name)!), 0);
      return Math.trunc((MAX_NODE_SCORE * (Math.min(Math.max(sum, LEAST), most) - LEAST)) / (most - LEAST));
    });
  },
};

const normalized = (image: string): string => (image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image);
