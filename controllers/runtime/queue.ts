import type {Clock, Timer} from '../../server/api/clock.ts';

export interface BackoffOptions {
  /** Milliseconds before the first retry; doubles with every further failure. */
  readonly base: number;
  readonly max: number;
}

/** client-go's DefaultControllerRateLimiter, its per-item half. */
export const DEFAULT_BACKOFF: BackoffOptions = {base: 5, max: 1_000_000};

/**
 * Keys waiting to be reconciled, in the order they came. A key is handed out once however often it was added; one added while it is
 * being worked on is handed out again after `done` (k8s.io/client-go/util/workqueue).
 */
export interface WorkQueue {
  add(key: string): void;
  /** Adds the key `delay` ms of cluster time from now; of several waits for a key the earliest counts. */
  addAfter(key: string, delay: number): void;
  /** Adds the key after its backoff, which doubles until `forget`. */
  retry(key: string): void;
  forget(key: string): void;
  failures(key: string): number;
  /** The next key, which is then in work until `done`. */
  take(): string | undefined;
  done(key: string): void;
  /** Called whenever a key becomes ready. */
  onReady(run: () => void): void;
  /** Neither ready nor in work; keys that wait for their time do not count. */
  idle(): boolean;
  /** When the next waiting key is due. */
  nextDue(): number | undefined;
  stop(): void;
}

/** The `kind` of timers is what a cluster counts as unfinished (clock.ts). */
export function createWorkQueue(clock: Clock, backoff: BackoffOptions = DEFAULT_BACKOFF, kind: 'work' | 'upkeep' = 'work'): WorkQueue {
  const ready = new Set<string>();
  const working = new Set<string>();
  const again = new Set<string>();
  const failed = new Map<string, number>();
  const waiting = new Map<string, {due: number; timer: Timer}>();
  let wake = () => {};
  let stopped = false;

  const add = (key: string) => {
    if (stopped) return;
    if (working.has(key)) again.add(key);
    else if (!ready.has(key)) {
      ready.add(key);
      wake();
    }
  };

  const addAfter = (key: string, delay: number) => {
    if (delay <= 0) return add(key);
    if (stopped) return;
    const due = clock.now() + delay;
    const earlier = waiting.get(key);
    if (earlier && earlier.due <= due) return;
    earlier?.timer.cancel();
    const timer = clock.after(delay, kind, () => {
      waiting.delete(key);
      add(key);
    });
    waiting.set(key, {due, timer});
  };

  return {
    add,
    addAfter,
    retry(key) {
      const failures = failed.get(key) ?? 0;
      failed.set(key, failures + 1);
      addAfter(key, Math.min(backoff.base * 2 ** failures, backoff.max));
    },
    forget: key => void failed.delete(key),
    failures: key => failed.get(key) ?? 0,
    take() {
      const [key] = ready;
      if (key === undefined) return undefined;
      ready.delete(key);
      working.add(key);
      return key;
    },
    done(key) {
      working.delete(key);
      if (again.delete(key)) add(key);
    },
    onReady: run => {
      wake = run;
    },
    idle: () => ready.size === 0 && working.size === 0,
    nextDue: () => (waiting.size === 0 ? undefined : Math.min(...[...waiting.values()].map(({due}) => due))),
    stop() {
      stopped = true;
      for (const {timer} of waiting.values()) timer.cancel();
      waiting.clear();
      ready.clear();
      again.clear();
    },
  };
}
