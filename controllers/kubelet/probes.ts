import type {Container, Pod, Probe} from '../../server/api/kinds.generated.ts';
import type {ContainerRecord} from './pod-record.ts';

/** Names the probes of a pod that are to fail: `readiness`, `liveness`, `startup`, joined by commas. All others pass. */
export const FAIL_PROBES = 'kubedouble.dev/fail-probes';

type ProbeName = 'readiness' | 'liveness' | 'startup';

/** What the probes of a running container come to. Times are milliseconds since the epoch, infinite for never. */
export interface ProbeTimes {
  /** When it counts as started, and as ready. */
  startedAt: number;
  readyAt: number;
  /** When it is killed for a probe that fails. */
  killedAt: number;
  killedBy: 'liveness' | 'startup';
}

/** `waits`: probes pass after their initial delay; otherwise at once. */
export function probeTimes({spec, state}: ContainerRecord, pod: Pod, waits: boolean): ProbeTimes {
  const begin = state.type === 'running' ? state.startedAt : 0;
  const {startupProbe, readinessProbe, livenessProbe} = spec as Container;
  const fails = (name: ProbeName, probe: Probe | undefined) => probe !== undefined && failingProbes(pod).includes(name);
  const passes = (name: ProbeName, probe: Probe | undefined) => {
    if (fails(name, probe)) return Number.POSITIVE_INFINITY;
    return waits && probe ? (probe.initialDelaySeconds ?? 0) * 1000 : 0;
  };
  const startedAt = begin + passes('startup', startupProbe);
  const startupKill = fails('startup', startupProbe) ? begin + failureTime(startupProbe!) : Number.POSITIVE_INFINITY;
  const livenessKill = fails('liveness', livenessProbe) ? startedAt + failureTime(livenessProbe!) : Number.POSITIVE_INFINITY;
  return {
    startedAt,
    readyAt: Math.max(startedAt, begin + passes('readiness', readinessProbe)),
    killedAt: Math.min(startupKill, livenessKill),
    killedBy: startupKill < livenessKill ? 'startup' : 'liveness',
  };
}

/** From the start of probing until so many failures in a row count. */
const failureTime = ({initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3}: Probe): number =>
  (initialDelaySeconds + periodSeconds * failureThreshold) * 1000;

const failingProbes = ({metadata}: Pod): string[] => (metadata.annotations?.[FAIL_PROBES] ?? '').split(',').map(name => name.trim());
