import type {ResourceType} from '../server/api/client.ts';
import type {Json, JsonObject} from '../server/api/json.ts';
import * as resourceTypes from '../server/api/resource-types.generated.ts';
import type {Client, OpenWatch} from './client.ts';
import type {Invariant, Scenario} from './scenario.ts';
import {createNames, type Names, sortByContent} from './scenario-names.ts';
import {briefly, isFinished, isReady, type Thing, viewOf} from './scenario-view.ts';

/** Something that a watch has seen. */
interface Seen {
  type: string;
  object: Thing;
}

/** How many events of each resource had been seen at a moment. */
export type Mark = ReadonlyMap<string, number>;

/** What a running scenario sees of the cluster: its namespace, and cluster-scoped objects with its label. */
export interface World {
  readonly names: Names;
  watch(resource: string): Promise<void>;
  watched(): string[];
  mark(): Mark;
  current(resource: string): Thing[];
  /** All there is of these resources, as it is compared. */
  objects(resources: readonly string[]): {[resource: string]: Json[]};
  /** The states that objects went through since then, by resource in order, and by object. */
  transitions(resource: string, since: Mark): {order: string[]; histories: string[]};
  /** What did not hold at some moment since then. */
  broken(invariants: readonly Invariant[], since: Mark): string[];
  events(): Promise<JsonObject[]>;
  stop(): void;
}

const WATCH_SECONDS = 3600;

export function createWorld(client: Client, scenario: Scenario, ids: {NS: string; ID: string}): World {
  const names = createNames(ids);
  const watches = new Map<string, {watch: OpenWatch; read: number; log: Seen[]; state: Map<string, Thing>}>();

  // What every namespace has counts only where a scenario is about it.
  const isDefault = (resource: string, {metadata: {name}}: Thing) =>
    !scenario.show?.includes('defaults') &&
    ((resource === 'configmaps' && name === 'kube-root-ca.crt') || (resource === 'serviceaccounts' && name === 'default'));

  /** Takes in what came since the last look. */
  const read = (resource: string) => {
    const one = watches.get(resource)!;
    const events = one.watch.answer.events ?? [];
    for (; one.read < events.length; one.read++) {
      const {type, object} = events[one.read] as unknown as Seen;
      if (type === 'BOOKMARK' || type === 'ERROR') continue;
      const name = object.metadata.name!;
      const before = one.state.get(name)?.metadata;
      names.learn(resource, object);
      const known = before?.uid === object.metadata.uid && before?.resourceVersion === object.metadata.resourceVersion;
      if (known && type !== 'DELETED') continue;
      if (type === 'DELETED') one.state.delete(name);
      else one.state.set(name, object);
      one.log.push({type, object});
    }
    return one;
  };
  const readAll = () => [...watches.keys()].forEach(read);
  const since = (mark: Mark, resource: string) => mark.get(resource) ?? 0;

  return {
    names,
    async watch(resource) {
      if (watches.has(resource)) return;
      const {namespaced} = typeOf(resource);
      const path = pathOf(resource, {namespace: ids.NS});
      const selector = namespaced ? '' : `&labelSelector=${encodeURIComponent(`scenario=${ids.ID}`)}`;
      const watch = await client.open({
        method: 'GET',
        path: `${path}?watch=1&resourceVersion=0${selector}`,
        watch: {seconds: WATCH_SECONDS},
      });
      watches.set(resource, {watch, read: 0, log: [], state: new Map()});
    },
    watched: () => [...watches.keys()],
    mark() {
      readAll();
      return new Map([...watches].map(([resource, {log}]) => [resource, log.length]));
    },
    current: resource => [...read(resource).state.values()],
    objects(resources) {
      readAll();
      const viewsOf = (resource: string) =>
        this.current(resource)
          .filter(object => !isDefault(resource, object))
          .map(object => names.value(viewOf(resource, object, scenario))!);
      return Object.fromEntries(resources.map(resource => [resource, sortByContent(viewsOf(resource))]));
    },
    transitions(resource, mark) {
      readAll();
      const last = new Map<string, string>();
      const order: string[] = [];
      const byObject = new Map<string, string[]>();
      const {log} = watches.get(resource)!;
      log.forEach(({type, object}, index) => {
        if (isDefault(resource, object)) return;
        const name = object.metadata.name!;
        const state = briefly(resource, type, object);
        if (last.get(name) !== state && index >= since(mark, resource)) {
          order.push(`${names.text(name)} ${state}`);
          byObject.set(name, [...(byObject.get(name) ?? []), state]);
        }
        last.set(name, state);
      });
      return {order, histories: [...byObject].map(([name, states]) => `${names.text(name)}: ${states.join(' > ')}`).sort()};
    },
    broken(invariants, mark) {
      readAll();
      const log = (resource: string) => watches.get(resource)!.log;
      const found = invariants.flatMap(invariant =>
        invariant.replicas
          ? tooManyReplicas(log('replicasets'), invariant, since(mark, 'replicasets'))
          : wrongPodCounts(log('pods'), invariant, since(mark, 'pods')),
      );
      return [...new Set(found)];
    },
    async events() {
      readAll();
      const {body} = await client.send({method: 'GET', path: pathOf('events', {namespace: ids.NS})});
      return countEvents(((body as JsonObject | undefined)?.items ?? []) as JsonObject[], names, scenario.nodes === 'names');
    },
    stop() {
      for (const {watch} of watches.values()) watch.stop();
    },
  };
}

/** The objects that are there after each event from `first` on. */
function* moments(log: readonly Seen[], first: number): Generator<Thing[]> {
  const live = new Map<string, Thing>();
  for (const [index, {type, object}] of log.entries()) {
    if (type === 'DELETED') live.delete(object.metadata.name!);
    else live.set(object.metadata.name!, object);
    if (index >= first) yield [...live.values()];
  }
}

function tooManyReplicas(log: readonly Seen[], {max = Number.POSITIVE_INFINITY}: Invariant, first: number): string[] {
  const sums = [...moments(log, first)].map(sets => sets.reduce((sum, {spec}) => sum + Number(spec?.replicas ?? 0), 0));
  return sums.filter(sum => sum > max).map(sum => `sum of ReplicaSet replicas ${sum} > ${max}`);
}

function wrongPodCounts(
  log: readonly Seen[],
  {pods = 'all', selector = {}, min = 0, max = Number.POSITIVE_INFINITY}: Invariant,
  first: number,
) {
  const matches = ({metadata}: Thing) => Object.entries(selector).every(([label, value]) => metadata.labels?.[label] === value);
  const isActive = ({metadata, status}: Thing) => !metadata.deletionTimestamp && !isFinished(status);
  const counted = {all: () => true, active: isActive, ready: (pod: Thing) => isActive(pod) && isReady(pod)}[pods];
  const counts = [...moments(log, first)].map(live => live.filter(pod => matches(pod) && counted(pod)).length);
  return counts.filter(count => count < min || count > max).map(count => `${count} ${pods} pods, not ${min} to ${max}`);
}

function countEvents(items: readonly JsonObject[], names: Names, withNodes: boolean): JsonObject[] {
  const counted = new Map<string, JsonObject>();
  for (const event of items) {
    const involved = event.involvedObject as JsonObject;
    const {reportingComponent, source, series, action} = event as {[field: string]: JsonObject & string};
    const component = (source?.component as string | undefined) || reportingComponent!;
    if (/kwok|kubelet/.test(component)) continue;
    const said = names.value({
      object: `${involved.kind}/${involved.name}`,
      type: event.type!,
      reason: event.reason!,
      message: event.message ?? '',
      component,
      ...(reportingComponent && reportingComponent !== component && {reportingComponent}),
      ...(action && {action}),
    }) as JsonObject;
    if (!withNodes && said.reason === 'Scheduled') said.message = String(said.message).replace(/ to \S+$/, ' to <node>');
    const key = JSON.stringify(said);
    const times = Number(event.count || series?.count || 1);
    counted.set(key, {...said, count: Number(counted.get(key)?.count ?? 0) + times});
  }
  return [...counted.values()];
}

/** Of a resource's plural; where two groups have it, the one that the recordings mean comes first. */
export function typeOf(resource: string): ResourceType {
  const found = Object.values(resourceTypes).find(type => type.resource === resource);
  if (!found) throw new Error(`unknown resource ${resource}`);
  return found as ResourceType;
}

export const typeOfKind = (kind: string): ResourceType =>
  (Object.values(resourceTypes) as unknown as ResourceType[]).find(type => type.kind === kind)!;

export interface Place {
  namespace: string;
  name?: string;
  subresource?: string | undefined;
}

export function pathOf(resource: string, {namespace, name, subresource}: Place): string {
  const {group, version, namespaced} = typeOf(resource);
  const parts = [group ? `apis/${group}` : 'api', version, ...(namespaced ? ['namespaces', namespace] : []), resource, name, subresource];
  return `/${parts.filter(part => part !== undefined).join('/')}`;
}
