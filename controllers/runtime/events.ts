import type {ApiClient} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import type {Event} from '../../server/api/kinds.generated.ts';
import type {ObjectMeta} from '../../server/api/object.ts';
import type {Random} from '../../server/api/random.ts';
import {events} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import {formatTime} from '../../server/api/time.ts';

/** What an event is about. `apiVersion` and `kind` are told, since listed objects do not carry them. */
export interface EventTarget {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  /** `spec.containers{name}` for events of one container. */
  fieldPath?: string;
}

export type EventType = 'Normal' | 'Warning';

export interface EventRecorder {
  /** Writes a core/v1 Event in the background; equal ones are counted, floods are combined and then dropped as client-go does. */
  record(target: EventTarget, type: EventType, reason: string, message: string): void;
  /** No write under way. */
  idle(): boolean;
}

export interface EventRecorderOptions {
  client: ApiClient;
  clock: Clock;
  random: Random;
  /** source.component and reportingComponent. */
  component: string;
  /** source.host and reportingInstance; a kubelet's node. */
  host?: string;
  /** How many events are remembered, to count and combine those that come again; default 4096. */
  memory?: number;
}

// client-go/tools/record/events_cache.go
const SIMILAR_EVENTS = 10;
const SIMILAR_INTERVAL = 600_000;
const SPAM_BURST = 25;
const SPAM_REFILL = 300_000;
const MAX_CACHE = 4096;

export function createEventRecorder({
  client,
  clock,
  random,
  component,
  host = '',
  memory = MAX_CACHE,
}: EventRecorderOptions): EventRecorder {
  const correlate = createCorrelator(clock, memory);
  // One chain per event name: a count may not overtake the event it counts.
  const writing = new Map<string, Promise<void>>();

  const enqueue = (name: string, write: () => Promise<unknown>) => {
    const run = (writing.get(name) ?? Promise.resolve()).then(write).then(
      () => {},
      () => {},
    );
    writing.set(name, run);
    void run.then(() => {
      if (writing.get(name) === run) writing.delete(name);
    });
  };

  const send = (event: Event, known: boolean) => {
    const {name, namespace} = event.metadata;
    if (!known) return client.create(events, event);
    const {count, lastTimestamp, message} = event;
    const patch = {type: 'strategic', patch: {count, lastTimestamp, message}} as const;
    return client.patch(events, {name: name!, namespace}, patch).catch(error => {
      if (isApiError(error, 'NotFound')) return client.create(events, event);
      throw error;
    });
  };

  return {
    record(target, type, reason, message) {
      const event = newEvent(target, type, reason, message);
      const result = correlate(event);
      if (result) enqueue(result.event.metadata.name!, () => send(result.event, result.known));
    },
    idle: () => writing.size === 0,
  };

  function newEvent(target: EventTarget, type: EventType, reason: string, message: string): Event {
    const {apiVersion, kind, metadata, fieldPath} = target;
    const time = formatTime(clock.now());
    const suffix = (BigInt(Math.trunc(clock.now())) * 1_000_000n + BigInt(random.integer(1_000_000))).toString(16);
    return {
      metadata: {name: `${metadata.name}.${suffix}`, namespace: metadata.namespace || 'default'},
      involvedObject: {
        kind,
        ...(metadata.namespace && {namespace: metadata.namespace}),
        name: metadata.name,
        uid: metadata.uid,
        apiVersion,
        ...(metadata.resourceVersion && {resourceVersion: metadata.resourceVersion}),
        ...(fieldPath && {fieldPath}),
      },
      reason,
      message,
      source: {component, ...(host && {host})},
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      type,
      reportingComponent: component,
      reportingInstance: host,
    };
  }
}

interface Logged {
  count: number;
  firstTimestamp: string;
  name: string;
}

interface Similar {
  messages: Set<string>;
  last: number;
}

/**
 * Decides what becomes of an event: more than ten different messages of one reason about one object within ten minutes are told as one
 * "(combined from similar events)", equal ones raise a count, and past 25 per object (one more every five minutes) they are dropped.
 */
function createCorrelator(clock: Clock, memory: number): (event: Event) => {event: Event; known: boolean} | undefined {
  const similar = new Map<string, Similar>();
  const logged = new Map<string, Logged>();
  const tokens = new Map<string, {left: number; at: number}>();

  const aggregate = (event: Event): {event: Event; key: string} => {
    const group = groupKey(event);
    const own = `${group}\0${event.message}`;
    const now = clock.now();
    let record = similar.get(group);
    if (!record || now - record.last > SIMILAR_INTERVAL) record = {messages: new Set(), last: now};
    record.messages.add(event.message!);
    record.last = now;
    remember(memory, similar, group, record);
    if (record.messages.size < SIMILAR_EVENTS) return {event, key: own};
    // As upstream does, one message is forgotten, so that the group stays full but does not grow.
    record.messages.delete(record.messages.values().next().value!);
    return {event: {...event, message: `(combined from similar events): ${event.message}`}, key: group};
  };

  const count = (event: Event, key: string): {event: Event; known: boolean} => {
    const last = logged.get(key);
    const result = last
      ? {...event, metadata: {...event.metadata, name: last.name}, count: last.count + 1, firstTimestamp: last.firstTimestamp}
      : event;
    remember(memory, logged, key, {count: result.count!, firstTimestamp: result.firstTimestamp!, name: result.metadata.name!});
    return {event: result, known: last !== undefined};
  };

  const allow = (event: Event): boolean => {
    const {kind, namespace, name, uid, apiVersion} = event.involvedObject;
    const key = [event.source?.component, event.source?.host, kind, namespace, name, uid, apiVersion].join('\0');
    const now = clock.now();
    const bucket = tokens.get(key) ?? {left: SPAM_BURST, at: now};
    bucket.left = Math.min(SPAM_BURST, bucket.left + (now - bucket.at) / SPAM_REFILL);
    bucket.at = now;
    remember(memory, tokens, key, bucket);
    if (bucket.left < 1) return false;
    bucket.left--;
    return true;
  };

  return event => {
    const aggregated = aggregate(event);
    const counted = count(aggregated.event, aggregated.key);
    return allow(event) ? counted : undefined;
  };
}

const groupKey = ({
  source,
  involvedObject: {kind, namespace, name, uid, apiVersion},
  type,
  reason,
  reportingComponent,
  reportingInstance,
}: Event) =>
  [source?.component, source?.host, kind, namespace, name, uid, apiVersion, type, reason, reportingComponent, reportingInstance].join('\0');

/** Sets and moves to the end, forgetting the oldest beyond the limit. */
function remember<V>(memory: number, map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > memory) map.delete(map.keys().next().value!);
}
