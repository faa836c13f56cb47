import type {ApiClient} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import type {EventsEvent, ObjectReference, Pod} from '../../server/api/kinds.generated.ts';
import type {Random} from '../../server/api/random.ts';
import {eventsEventsV1} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import {formatMicroTime} from '../../server/api/time.ts';

/** Writes events.k8s.io/v1 Events, which the scheduler uses instead of core/v1 ones. */
export interface PodEventRecorder {
  record(pod: Pod, related: Pod | undefined, type: 'Normal' | 'Warning', reason: string, action: string, note: string): void;
  /** No write under way. */
  idle(): boolean;
}

interface Series {
  name: string;
  count: number;
  seen: number;
  writing: Promise<void>;
}

// client-go/tools/events/event_broadcaster.go: equal events within six minutes become a series.
const SERIES_MILLISECONDS = 6 * 60_000;
const MAX_SERIES = 4096;

export function createPodEventRecorder(client: ApiClient, clock: Clock, random: Random, controller: string): PodEventRecorder {
  const series = new Map<string, Series>();
  let writes = 0;

  const track = (write: Promise<unknown>): Promise<void> => {
    writes++;
    // An event that cannot be written is lost, as upstream loses it after its retries.
    return write.then(
      () => void writes--,
      () => void writes--,
    );
  };

  const create = (event: EventsEvent) => client.create(eventsEventsV1, event);
  const repeat = async (known: Series, event: EventsEvent) => {
    await known.writing;
    const lastObservedTime = formatMicroTime(known.seen);
    const patch = {series: {count: known.count, lastObservedTime}};
    const key = {namespace: event.metadata.namespace, name: known.name};
    try {
      await client.patch(eventsEventsV1, key, {type: 'strategic', patch});
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
      await create(event);
    }
  };

  return {
    record(pod, related, type, reason, action, note) {
      const now = clock.now();
      const key = [pod.metadata.uid, related?.metadata.uid, type, reason, action, note].join('\0');
      const known = series.get(key);
      const event = newEvent(pod, related, {type, reason, action, note});
      if (known && now - known.seen < SERIES_MILLISECONDS) {
        known.count++;
        known.seen = now;
        known.writing = track(repeat(known, event));
        return;
      }
      series.delete(key);
      series.set(key, {name: event.metadata.name!, count: 1, seen: now, writing: track(create(event))});
      if (series.size > MAX_SERIES) series.delete(series.keys().next().value!);
    },
    idle: () => writes === 0,
  };

  function newEvent(pod: Pod, related: Pod | undefined, parts: Pick<EventsEvent, 'type' | 'reason' | 'action' | 'note'>): EventsEvent {
    const now = clock.now();
    const nanoseconds = BigInt(Math.trunc(now)) * 1_000_000n + BigInt(random.integer(1_000_000));
    return {
      metadata: {name: `${pod.metadata.name}.${nanoseconds.toString(16)}`, namespace: pod.metadata.namespace},
      eventTime: formatMicroTime(now),
      reportingController: controller,
      reportingInstance: `${controller}-kubedouble`,
      regarding: reference(pod),
      ...(related && {related: reference(related)}),
      ...parts,
    };
  }
}

const reference = ({metadata: {namespace, name, uid, resourceVersion}}: Pod): ObjectReference => ({
  kind: 'Pod',
  namespace,
  name,
  uid,
  apiVersion: 'v1',
  resourceVersion,
});
