import type {Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/object.ts';

/** How events.k8s.io/v1 calls what core/v1 calls otherwise (pkg/apis/events/v1/conversion.go). */
const NAMES: readonly (readonly [events: string, core: string])[] = [
  ['note', 'message'],
  ['regarding', 'involvedObject'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

const TO_CORE = new Map(NAMES);
const TO_EVENTS = new Map(NAMES.map(([events, core]) => [core, events]));

/** An events.k8s.io/v1 Event as core/v1. */
export const toHub = (object: KubeObject): KubeObject => (object.apiVersion === 'v1' ? object : renamed(object, TO_CORE, 'v1'));

/** A core/v1 Event as events.k8s.io/v1. */
export function fromHub(object: KubeObject): KubeObject {
  const event = renamed(object, TO_EVENTS, 'events.k8s.io/v1');
  // Core always writes these two, the new form only with something in them.
  for (const name of ['reportingController', 'reportingInstance']) if (event[name] === '') delete event[name];
  return event;
}

function renamed(object: KubeObject, names: ReadonlyMap<string, string>, apiVersion: string): KubeObject {
  const entries = Object.entries(object).map(([name, value]): [string, Json | undefined] => [names.get(name) ?? name, value]);
  return {...(Object.fromEntries(entries) as KubeObject), apiVersion};
}
