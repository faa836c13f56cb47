import type {ApiClient} from '../../server/api/client.ts';
import type {Clock, Timer} from '../../server/api/clock.ts';
import type {Lease} from '../../server/api/kinds.generated.ts';
import {leases as leaseType} from '../../server/api/resource-types.generated.ts';
import {ignoreNotFound} from '../../server/api/status.ts';
import {formatMicroTime} from '../../server/api/time.ts';
import type {Running} from './controller.ts';
import type {EventRecorder} from './events.ts';

export interface LeaderElectionOptions {
  client: ApiClient;
  clock: Clock;
  /** The Lease: `kube-controller-manager` in `kube-system`. */
  name: string;
  namespace?: string;
  /** Who holds it: unique for the process. */
  identity: string;
  events?: EventRecorder;
  /** Called when the lease is won; what it gives is stopped when the lease is lost, which ends the election too. */
  lead(): Running;
  lost?(): void;
}

// client-go's defaults, in milliseconds.
const LEASE_DURATION = 15_000;
const RENEW_DEADLINE = 10_000;
const RETRY_PERIOD = 2000;

/** Leads while it holds a Lease that it renews in time (client-go/tools/leaderelection). */
export function startLeaderElection({
  client,
  clock,
  name,
  namespace = 'kube-system',
  identity,
  events,
  lead,
  lost,
}: LeaderElectionOptions): Running {
  let running: Running | undefined;
  let stopped = false;
  let timer: Timer | undefined;
  let renewed = 0;
  // What others wrote is judged by when it was seen here, not by their clocks.
  let seen: {record: string; at: number} | undefined;

  const attempt = async (): Promise<boolean> => {
    const now = clock.now();
    const time = formatMicroTime(now);
    const present = await client.get(leaseType, {namespace, name}).catch(ignoreNotFound);
    const spec = {holderIdentity: identity, leaseDurationSeconds: LEASE_DURATION / 1000, renewTime: time};
    if (!present) {
      await client.create(leaseType, {metadata: {name, namespace}, spec: {...spec, acquireTime: time, leaseTransitions: 0}});
      return true;
    }
    const {holderIdentity, acquireTime, leaseTransitions = 0} = present.spec ?? {};
    const record = JSON.stringify(present.spec);
    if (seen?.record !== record) seen = {record, at: now};
    const isOurs = holderIdentity === identity;
    if (holderIdentity && !isOurs && seen.at + LEASE_DURATION > now) return false;
    const next: Lease = {
      ...present,
      spec: {
        ...present.spec,
        ...spec,
        acquireTime: isOurs ? acquireTime : time,
        leaseTransitions: isOurs ? leaseTransitions : leaseTransitions + 1,
      },
    };
    await client.update(leaseType, next);
    return true;
  };

  const round = async () => {
    const won = await attempt().catch(() => false);
    if (stopped) return;
    if (won) {
      renewed = clock.now();
      if (!running) {
        const target = {apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: {name, namespace}};
        events?.record(target, 'Normal', 'LeaderElection', `${identity} became leader`);
        running = lead();
      }
    } else if (running && clock.now() - renewed > RENEW_DEADLINE) {
      running.stop();
      stopped = true;
      lost?.();
      return;
    }
    timer = clock.after(RETRY_PERIOD, 'upkeep', () => void round());
  };
  void round();

  return {
    stop() {
      stopped = true;
      timer?.cancel();
      running?.stop();
    },
    idle: () => running?.idle() ?? true,
    nextDue: () => running?.nextDue(),
  };
}
