import {isApiError} from '../../server/api/status.ts';
import type {WorkQueue} from './queue.ts';

export interface ReconcileResult {
  /** Look again after this many milliseconds of cluster time. */
  requeueAfter?: number;
}

/**
 * Brings the world of one key nearer to what it should be. Level-triggered: it looks at the world, never at what happened.
 * A throw is retried with backoff.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a reconcile that never requeues returns nothing.
export type Reconcile = (key: string) => Promise<ReconcileResult | undefined | void>;

export interface ControllerOptions {
  name: string;
  queue: WorkQueue;
  reconcile: Reconcile;
  /** How many keys at once; default 5, as most of kube-controller-manager's. */
  workers?: number;
  /** Nothing is reconciled before all these hold their first list. */
  informers?: readonly {whenSynced(): Promise<void>}[];
  /** Told of every failed reconcile that is not an ordinary conflict. */
  report?(name: string, key: string, error: unknown): void;
}

/** What runs and can say whether it is at rest. */
export interface Running {
  stop(): void;
  idle(): boolean;
  /** When it will next do something by itself. */
  nextDue(): number | undefined;
}

/** Runs `reconcile` over the keys of a queue. */
export function startController({name, queue, reconcile, workers = 5, informers = [], report}: ControllerOptions): Running {
  let active = 0;
  let scheduled = false;
  let synced = false;
  let stopped = false;

  // Keys are taken one turn of the event loop after they came, so that a burst of events becomes one reconcile.
  const schedule = () => {
    if (scheduled || stopped || !synced) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      fill();
    });
  };

  const fill = () => {
    while (active < workers && !stopped) {
      const key = queue.take();
      if (key === undefined) return;
      active++;
      void work(key);
    }
  };

  const work = async (key: string) => {
    try {
      const result = await reconcile(key);
      queue.forget(key);
      if (result?.requeueAfter !== undefined && !stopped) queue.addAfter(key, result.requeueAfter);
    } catch (error) {
      if (!stopped) {
        if (!isApiError(error, 'Conflict')) report?.(name, key, error);
        queue.retry(key);
      }
    } finally {
      active--;
      queue.done(key);
      schedule();
    }
  };

  queue.onReady(schedule);
  void Promise.all(informers.map(informer => informer.whenSynced())).then(() => {
    synced = true;
    schedule();
  });

  return {
    stop() {
      stopped = true;
      queue.stop();
    },
    idle: () => stopped || (synced && active === 0 && !scheduled && queue.idle()),
    nextDue: () => queue.nextDue(),
  };
}
