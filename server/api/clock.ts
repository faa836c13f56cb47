/**
 * Why a cluster timer runs: `work` (something waits for it: backoff, a stage's delay, a deadline) keeps a cluster from being settled
 * once it is due; `upkeep` (lease renewal, resync, compaction, expiry) does not.
 */
export type TimerKind = 'work' | 'upkeep';

export interface Timer {
  cancel(): void;
}

/** Cluster time: everything an object or a rule shows. Times are milliseconds since the epoch, delays milliseconds. */
export interface Clock {
  now(): number;
  /** Runs `run` once, `delay` ms of cluster time from now, never synchronously. */
  after(delay: number, kind: TimerKind, run: () => void): Timer;
  /** When the next timer of this kind is due, or undefined. */
  nextDue(kind: TimerKind): number | undefined;
}

/** Wall time: sockets, TLS, webhook time-outs, slow watchers, metrics. Never shown in an object. */
export interface WallClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Monotonic milliseconds, for durations. */
  monotonic(): number;
  after(delay: number, run: () => void): Timer;
}
