import type {PodInfo} from './framework.ts';

/** Which nodes were promised to which pods while their victims leave. */
export interface Nominations {
  set(pod: PodInfo, node: string): void;
  remove(uid: string): void;
  nodeOf(uid: string): string | undefined;
  on(node: string): readonly PodInfo[];
}

export function createNominations(): Nominations {
  const byUid = new Map<string, {pod: PodInfo; node: string}>();
  return {
    set: (pod, node) => void byUid.set(pod.uid, {pod, node}),
    remove: uid => void byUid.delete(uid),
    nodeOf: uid => byUid.get(uid)?.node,
    on: node => (byUid.size === 0 ? NONE : [...byUid.values()].filter(nomination => nomination.node === node).map(({pod}) => pod)),
  };
}

const NONE: readonly PodInfo[] = [];
