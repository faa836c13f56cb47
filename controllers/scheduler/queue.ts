import type {Clock, Timer} from '../../server/api/clock.ts';
import type {ClusterEvent, FilterPlugin, PodInfo} from './framework.ts';

/** A pod that waits for a node. */
export interface QueuedPod {
  info: PodInfo;
  /** When it came, as a number that rises: of equal priority the first goes first. */
  order: number;
  attempts: number;
  /** The plugins that refused it at the last attempt. */
  rejectedBy: ReadonlySet<string>;
}

/**
 * Pods in the order in which they are tried: by priority, then by age. Refused ones rest until something happens that may help
 * them (backend/queue/scheduling_queue.go). As upstream does since 1.33, nobody waits out a backoff while the scheduler has nothing to do.
 */
export interface SchedulingQueue {
  add(info: PodInfo): void;
  /** A newer version of a waiting pod; a change of what counts for scheduling is a new chance. */
  update(info: PodInfo, changed: boolean): void;
  remove(uid: string): void;
  has(uid: string): boolean;
  take(): QueuedPod | undefined;
  /** No node could take it: it rests until an event helps. */
  rest(pod: QueuedPod): void;
  /** Something failed that has nothing to do with the pod: it is tried again after its backoff. */
  retry(pod: QueuedPod): void;
  /** Wakes the pods that the event may help. */
  wake(event: ClusterEvent): void;
  onReady(run: () => void): void;
  idle(): boolean;
  nextDue(): number | undefined;
  stop(): void;
}

const FIRST_BACKOFF = 1000;
const LAST_BACKOFF = 10_000;
const MAX_REST = 300_000;

export function createSchedulingQueue(clock: Clock, filters: readonly FilterPlugin[]): SchedulingQueue {
  const plugins = new Map(filters.map(plugin => [plugin.name, plugin]));
  const active = new Map<string, QueuedPod>();
  const heap = createHeap<QueuedPod>(goesFirst);
  const resting = new Map<string, {pod: QueuedPod; until: number}>();
  const backingOff = new Map<string, {pod: QueuedPod; timer: Timer; due: number}>();
  let count = 0;
  let ready = () => {};
  let flush: Timer | undefined;
  let stopped = false;

  const activate = (pod: QueuedPod) => {
    if (stopped) return;
    const {uid} = pod.info;
    resting.delete(uid);
    backingOff.get(uid)?.timer.cancel();
    backingOff.delete(uid);
    active.set(uid, pod);
    heap.push(pod);
    ready();
  };

  // Whatever the hints say, a pod is looked at again after five minutes.
  const scheduleFlush = () => {
    if (flush || stopped) return;
    flush = clock.after(MAX_REST / 10, 'upkeep', () => {
      flush = undefined;
      for (const {pod, until} of [...resting.values()]) if (until <= clock.now()) activate(pod);
      if (resting.size > 0) scheduleFlush();
    });
  };

  const helps = ({rejectedBy, info}: QueuedPod, event: ClusterEvent): boolean =>
    rejectedBy.size === 0 || [...rejectedBy].some(name => plugins.get(name)?.hint(event, info) ?? true);

  const known = (uid: string): QueuedPod | undefined => active.get(uid) ?? resting.get(uid)?.pod ?? backingOff.get(uid)?.pod;

  return {
    add(info) {
      if (!known(info.uid)) activate({info, order: count++, attempts: 0, rejectedBy: new Set()});
    },
    update(info, changed) {
      const pod = known(info.uid);
      if (!pod) return;
      pod.info = info;
      if (changed && resting.has(info.uid)) activate(pod);
    },
    remove(uid) {
      active.delete(uid);
      resting.delete(uid);
      backingOff.get(uid)?.timer.cancel();
      backingOff.delete(uid);
    },
    has: uid => known(uid) !== undefined,
    take() {
      for (;;) {
        const pod = heap.pop();
        if (!pod) return undefined;
        if (active.get(pod.info.uid) !== pod) continue;
        active.delete(pod.info.uid);
        pod.attempts++;
        return pod;
      }
    },
    rest(pod) {
      resting.set(pod.info.uid, {pod, until: clock.now() + MAX_REST});
      scheduleFlush();
    },
    retry(pod) {
      const delay = Math.min(FIRST_BACKOFF * 2 ** (pod.attempts - 1), LAST_BACKOFF);
      const timer = clock.after(delay, 'work', () => activate(pod));
      backingOff.set(pod.info.uid, {pod, timer, due: clock.now() + delay});
    },
    wake(event) {
      for (const {pod} of [...resting.values()]) if (helps(pod, event)) activate(pod);
    },
    onReady(run) {
      ready = run;
    },
    idle: () => active.size === 0,
    nextDue: () => (backingOff.size === 0 ? undefined : Math.min(...[...backingOff.values()].map(({due}) => due))),
    stop() {
      stopped = true;
      flush?.cancel();
      for (const {timer} of backingOff.values()) timer.cancel();
    },
  };
}

const goesFirst = (a: QueuedPod, b: QueuedPod): boolean =>
  a.info.priority !== b.info.priority ? a.info.priority > b.info.priority : a.order < b.order;

interface Heap<T> {
  push(item: T): void;
  pop(): T | undefined;
}

/** A binary heap; `before` says what comes out first. */
function createHeap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];
  const swap = (i: number, j: number) => {
    [items[i], items[j]] = [items[j]!, items[i]!];
  };
  const rise = (start: number) => {
    for (let i = start; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!before(items[i]!, items[parent]!)) return;
      swap(i, parent);
      i = parent;
    }
  };
  const sink = () => {
    for (let i = 0; ; ) {
      let first = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < items.length && before(items[child]!, items[first]!)) first = child;
      if (first === i) return;
      swap(i, first);
      i = first;
    }
  };
  return {
    push(item) {
      items.push(item);
      rise(items.length - 1);
    },
    pop() {
      const top = items[0];
      const last = items.pop();
      if (items.length > 0) {
        items[0] = last!;
        sink();
      }
      return top;
    },
  };
}
