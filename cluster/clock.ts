import type {Clock, Timer, TimerKind, WallClock} from '../server/api/clock.ts';

/** Cluster time that can be looked after: driven by wall time, or manual. */
export interface ClusterClock extends Clock {
  /** True when time only moves by `advance` and `step`. */
  readonly manual: boolean;
  /**
   * Moves a manual clock by `delay` ms, running what falls due on the way, in order, each at its own time. `between` is awaited after
   * every instant at which something ran, so that consequences happen before time goes on; left out: one turn of the event loop.
   */
  advance(delay: number, between?: () => Promise<void>): Promise<void>;
  /** Moves a manual clock to the next timer of this kind (any kind if left out) and runs it; false: there is none. */
  step(kind?: TimerKind, between?: () => Promise<void>): Promise<boolean>;
  /** Forgets all timers; new ones never run. */
  stop(): void;
}

export interface ClockOptions {
  /** What drives a real clock, and where a manual one starts by default. */
  wall: WallClock;
  /** True: time stands still until it is moved. */
  manual?: boolean;
  /** Where a manual clock starts, in milliseconds since the epoch. */
  start?: number;
}

/** The clock of one cluster: all its timers in one heap, a real clock behind a single wall timeout. */
export function createClock({wall, manual = false, start}: ClockOptions): ClusterClock {
  const timers = {work: createHeap(), upkeep: createHeap()};
  let time = start ?? wall.now();
  let sequence = 0;
  let stopped = false;
  let wake: {due: number; timer: Timer} | undefined;

  const now = (): number => {
    // Wall time that is set back does not take cluster time with it.
    if (!manual) time = Math.max(time, wall.now());
    return time;
  };

  const next = (kind?: TimerKind): HeapTimer | undefined => {
    const work = kind === 'upkeep' ? undefined : timers.work.first();
    const upkeep = kind === 'work' ? undefined : timers.upkeep.first();
    return work && upkeep ? (isBefore(upkeep, work) ? upkeep : work) : (work ?? upkeep);
  };

  const arm = (): void => {
    const first = next();
    if (wake && first && wake.due <= first.due) return;
    wake?.timer.cancel();
    wake = undefined;
    if (!first || (manual && first.due > time)) return;
    wake = {due: first.due, timer: startTimer(wall, first.due - now(), run)};
  };

  const runDue = (): void => {
    const until = now();
    const newest = sequence;
    for (let timer = next(); timer && timer.due <= until && timer.sequence <= newest; timer = next()) {
      timer.heap.remove(timer);
      timer.run();
    }
  };

  const run = (): void => {
    wake = undefined;
    try {
      runDue();
    } finally {
      arm();
    }
  };

  const moveTo = async (due: number, between: () => Promise<void>): Promise<void> => {
    time = Math.max(time, due);
    run();
    await between();
  };

  const requireManual = (): void => {
    if (!manual) throw new Error('this clock follows wall time: start the cluster with a manual clock to move it');
  };

  return {
    manual,
    now,
    after(delay, kind, callback) {
      if (stopped) return {cancel() {}};
      const heap = timers[kind];
      const timer: HeapTimer = {due: now() + Math.max(0, delay), sequence: ++sequence, run: callback, heap, index: -1};
      heap.add(timer);
      arm();
      return {cancel: () => heap.remove(timer)};
    },
    nextDue: kind => timers[kind].first()?.due,
    async advance(delay, between = () => nextTurn(wall)) {
      requireManual();
      const target = time + delay;
      for (let timer = next(); timer && timer.due <= target; timer = next()) await moveTo(timer.due, between);
      time = Math.max(time, target);
    },
    async step(kind, between = () => nextTurn(wall)) {
      requireManual();
      const target = next(kind)?.due;
      if (target === undefined) return false;
      for (let timer = next(); timer && timer.due <= target; timer = next()) await moveTo(timer.due, between);
      return true;
    },
    stop() {
      stopped = true;
      timers.work.clear();
      timers.upkeep.clear();
      arm();
    },
  };
}

/** The machine's own time. */
export function createWallClock(): WallClock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(delay, run) {
      const timer = setTimeout(run, Math.min(delay, LONGEST_TIMEOUT));
      return {cancel: () => clearTimeout(timer)};
    },
  };
}

// Node runs a longer timeout at once; a clock that wakes early arms itself again.
const LONGEST_TIMEOUT = 2 ** 31 - 1;

interface HeapTimer {
  due: number;
  /** Timers due at the same time run in the order they were made. */
  sequence: number;
  run: () => void;
  heap: Heap;
  /** Position in the heap; -1: not in it. */
  index: number;
}

interface Heap {
  first(): HeapTimer | undefined;
  add(timer: HeapTimer): void;
  /** Does nothing to a timer that is not there any more. */
  remove(timer: HeapTimer): void;
  clear(): void;
}

const isBefore = (a: HeapTimer, b: HeapTimer): boolean => a.due < b.due || (a.due === b.due && a.sequence < b.sequence);

/** A binary heap that knows where each timer is, so that cancelled ones (every closed watch has one) leave nothing behind. */
function createHeap(): Heap {
  let rows: HeapTimer[] = [];

  const place = (timer: HeapTimer, index: number): void => {
    rows[index] = timer;
    timer.index = index;
  };

  const rise = (timer: HeapTimer, from: number): number => {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(timer, rows[parent]!)) break;
      place(rows[parent]!, index);
      index = parent;
    }
    return index;
  };

  const sink = (timer: HeapTimer, from: number): number => {
    let index = from;
    for (let child = 2 * index + 1; child < rows.length; child = 2 * index + 1) {
      if (child + 1 < rows.length && isBefore(rows[child + 1]!, rows[child]!)) child++;
      if (!isBefore(rows[child]!, timer)) break;
      place(rows[child]!, index);
      index = child;
    }
    return index;
  };

  return {
    first: () => rows[0],
    add(timer) {
      rows.push(timer);
      place(timer, rise(timer, rows.length - 1));
    },
    remove(timer) {
      if (timer.index < 0) return;
      const gap = timer.index;
      timer.index = -1;
      const last = rows.pop()!;
      if (last !== timer) place(last, sink(last, rise(last, gap)));
    },
    clear() {
      for (const timer of rows) timer.index = -1;
      rows = [];
    },
  };
}

/** A due timer waits for the next turn only; a timeout would cost it a millisecond. */
function startTimer(wall: WallClock, delay: number, run: () => void): Timer {
  if (delay > 0) return wall.after(delay, run);
  const immediate = setImmediate(run);
  return {cancel: () => clearImmediate(immediate)};
}

const nextTurn = (wall: WallClock): Promise<void> => new Promise(resolve => startTimer(wall, 0, resolve));
