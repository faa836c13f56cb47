import type {ApiClient} from '../server/api/client.ts';
import type {JsonObject} from '../server/api/json.ts';
import type {
  Container,
  CrossVersionObjectReference,
  LabelSelector,
  MetricIdentifier,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  Pod,
} from '../server/api/kinds.generated.ts';
import {podResources} from '../server/api/pod-resources.ts';
import {fromMilli, milliValue} from '../server/api/quantity.ts';
import {formatLabelSelector} from '../server/api/selectors.ts';
import {isTolerated, replicasForUsage, type Tolerance} from './autoscaling-plan.ts';
import type {Discovery} from './support/discovery.ts';
import {isPodReady} from './support/pods.ts';

/** A metric that could not be had. */
export class MetricError extends Error {
  /** Of the event and condition: `FailedGetPodsMetric`. */
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.name = 'MetricError';
    this.reason = reason;
  }
}

/** What one metric wants. */
export interface Wish {
  replicas: number;
  /** As it is named when it is the one that counts. */
  name: string;
  status: MetricStatus;
}

/** The workload that is looked at. */
export interface Workload {
  namespace: string;
  /** Of its pods, as text and carried out. */
  selector: string;
  pods: readonly Pod[];
  /** As its spec and as its status say. */
  current: number;
  observed: number;
  tolerance: Tolerance;
}

export interface MetricSources {
  client: ApiClient;
  discovery(): Discovery | undefined;
}

/** How many replicas a metric wants (pkg/controller/podautoscaler: horizontal.go, replica_calculator.go). Throws MetricError. */
export async function wishOf(metric: MetricSpec, workload: Workload, sources: MetricSources): Promise<Wish> {
  const find = WISHES[metric.type];
  if (!find) throw new MetricError('InvalidMetricSourceType', `unknown metric source type ${JSON.stringify(metric.type)}`);
  try {
    return await find(metric, workload, sources);
  } catch (error) {
    throw error instanceof Unavailable ? new MetricError(`FailedGet${metric.type}Metric`, error.message) : error;
  }
}

/** What the first of several failures is called. */
export function describeFailure({type, resource, containerResource, external}: MetricSpec): string {
  switch (type) {
    case 'Resource':
      return `failed to get ${resource?.name} resource metric value`;
    case 'ContainerResource':
      return `failed to get ${containerResource?.container} container metric value`;
    case 'External':
      return `failed to get ${external?.metric.name} external metric value: failed to get ${external?.metric.name} external metric`;
    default:
      return `failed to get ${type.toLowerCase()} metric value`;
  }
}

/** Why a metric cannot be had; becomes a MetricError of its kind. */
class Unavailable extends Error {}

type FindWish = (metric: MetricSpec, workload: Workload, sources: MetricSources) => Promise<Wish>;

const WISHES: {readonly [type: string]: FindWish} = {
  async Resource({resource}, workload, sources) {
    const {name, target} = resource!;
    const {current, ...wish} = await resourceWish({name, target}, workload, sources);
    return {...wish, status: {type: 'Resource', resource: {name, current}}};
  },
  async ContainerResource({containerResource}, workload, sources) {
    const {name, container} = containerResource!;
    const {current, ...wish} = await resourceWish(containerResource!, workload, sources);
    return {...wish, status: {type: 'ContainerResource', containerResource: {name, container, current}}};
  },
  async Pods({pods}, workload, sources) {
    const {metric, target} = pods!;
    const used = await podMetrics(metric, workload, sources).catch(within(`unable to get metric ${metric.name}`));
    const {replicas, average} = podsWish(used, () => milliValue(target.averageValue ?? '0'), workload);
    return {replicas, name: `pods metric ${metric.name}`, status: {type: 'Pods', pods: {metric, current: {averageValue: average}}}};
  },
  async Object({object}, workload, sources) {
    const {metric, target, describedObject} = object!;
    const {kind, name} = describedObject;
    // Kind and namespace stand where upstream's format has them.
    const value = await objectMetric(metric, describedObject, workload, sources).catch(error => {
      throw rephrased(error, message => `unable to get metric ${metric.name}: ${kind} on ${workload.namespace} ${name}/${message}`);
    });
    const {replicas, current} = valueWish(value, target, workload);
    const title = target.averageValue === undefined ? `${kind} metric ${metric.name}` : `external metric ${nameWithSelector(metric)}`;
    return {replicas, name: title, status: {type: 'Object', object: {metric, describedObject, current}}};
  },
  async External({external}, workload, sources) {
    const {metric, target} = external!;
    const where = `${workload.namespace}/${metric.name}/${goSelector(metric.selector)}`;
    const value = await externalMetric(metric, workload, sources).catch(error => {
      throw rephrased(error, message => `unable to get external metric ${where}: ${message}`);
    });
    const {replicas, current} = valueWish(value, target, workload);
    return {replicas, name: `external metric ${nameWithSelector(metric)}`, status: {type: 'External', external: {metric, current}}};
  },
};

const rephrased = (error: unknown, phrase: (message: string) => string): unknown =>
  error instanceof Unavailable ? new Unavailable(phrase(error.message)) : error;

const within =
  (what: string) =>
  (error: unknown): never => {
    throw rephrased(error, message => `${what}: ${message}`);
  };

interface ResourceMetric {
  name: string;
  target: MetricTarget;
  container?: string;
}

async function resourceWish({name, target, container}: ResourceMetric, workload: Workload, sources: MetricSources) {
  const {averageUtilization, averageValue} = target;
  const what = `failed to get ${name} ${averageUtilization === undefined ? 'usage' : 'utilization'}`;
  const kind = container === undefined ? 'resource' : 'container resource';
  try {
    const used = await resourceUsage(name, container, workload, sources).catch(within(`unable to get metrics for resource ${name}`));
    if (averageUtilization === undefined) {
      const {replicas, average} = podsWish(used, () => milliValue(averageValue!), workload);
      return {replicas, name: `${name} resource`, current: {averageValue: average}};
    }
    const requests = podRequests(workload.pods, name, container);
    const target = (pod: Pod) => (requests.get(pod)! * averageUtilization) / 100;
    const {replicas, ratio, average} = podsWish(used, target, workload);
    const utilization = Number.isFinite(ratio) && {averageUtilization: Math.floor(ratio * averageUtilization)};
    return {replicas, name: `${name} ${kind} utilization (percentage of request)`, current: {averageValue: average, ...utilization}};
  } catch (error) {
    throw rephrased(error, message => `${what}: ${message}`);
  }
}

/** In milli units; every container that counts has to ask for something. */
function podRequests(pods: readonly Pod[], resource: string, container: string | undefined): Map<Pod, number> {
  const of = (pod: Pod): number => {
    const own = podResources({spec: {...pod.spec, containers: [], initContainers: []}}, 'requests')[resource];
    if (container === undefined && pod.spec.resources?.requests && own !== undefined) return milliValue(own);
    const sidecars = (pod.spec.initContainers ?? []).filter(({restartPolicy}) => restartPolicy === 'Always');
    const counted = [...pod.spec.containers, ...sidecars].filter(({name}) => container === undefined || name === container);
    return counted.reduce((sum, one) => sum + requestOf(one, resource, pod), 0);
  };
  return new Map(pods.map(pod => [pod, of(pod)]));
}

function requestOf({name, resources}: Container, resource: string, {metadata}: Pod): number {
  const quantity = resources?.requests?.[resource];
  if (quantity === undefined) throw new Unavailable(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`);
  return milliValue(quantity);
}

/** From a value for each pod. */
function podsWish(used: Map<string, number>, target: (pod: Pod) => number, {pods, current, tolerance}: Workload) {
  if (pods.length === 0) throw new Unavailable('no pods returned by selector while calculating replica count');
  const measured = pods.filter(pod => isPodReady(pod) && used.has(pod.metadata.name!)).map(({metadata}) => used.get(metadata.name!)!);
  if (measured.length === 0) throw new Unavailable('did not receive metrics for targeted pods (pods might be unready)');
  const average = fromMilli(Math.trunc(measured.reduce((sum, value) => sum + value, 0) / measured.length));
  return {...replicasForUsage({used, target, pods, current, tolerance}), average};
}

/** From one value for all: a fixed share for each pod, or as it stands to its target. */
function valueWish(value: number, target: MetricTarget, {pods, current, observed, tolerance}: Workload) {
  if (target.averageValue !== undefined) {
    const share = milliValue(target.averageValue);
    const replicas = isTolerated(value / (share * observed), tolerance) ? observed : Math.ceil(value / share);
    return {replicas, current: {averageValue: fromMilli(Math.ceil(value / Math.max(1, observed)))}};
  }
  const ratio = value / milliValue(target.value ?? '0');
  const ready = pods.filter(isPodReady).length;
  const wanted = current === 0 ? Math.ceil(ratio) : Math.ceil(ratio * ready);
  return {replicas: current !== 0 && isTolerated(ratio, tolerance) ? current : wanted, current: {value: fromMilli(value)}};
}

/** Milli units by pod, from the resource metrics API. */
async function resourceUsage(resource: string, container: string | undefined, {namespace, selector}: Workload, {client}: MetricSources) {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
  const body = await read(client, path, 'pods.metrics.k8s.io').catch(within('unable to fetch metrics from resource metrics API'));
  const {items} = body as unknown as {
    items: {metadata: {name: string}; containers: {name: string; usage: {[name: string]: string}}[]}[];
  };
  if (items.length === 0) throw new Unavailable('no metrics returned from resource metrics API');
  return new Map(
    items.map(({metadata, containers}): [string, number] => {
      const counted = containers.filter(({name}) => container === undefined || name === container);
      if (counted.length === 0)
        throw new Unavailable(`container ${container} not present in metrics for pod ${namespace}/${metadata.name}`);
      return [metadata.name, counted.reduce((sum, {usage}) => sum + milliValue(usage[resource] ?? '0'), 0)];
    }),
  );
}

const CUSTOM = 'custom.metrics.k8s.io';
const EXTERNAL = 'external.metrics.k8s.io';
const CUSTOM_VERSIONS = ['v1beta2', 'v1beta1'];

interface MetricValue {
  describedObject: {name: string};
  value: string;
}

async function podMetrics({name, selector}: MetricIdentifier, workload: Workload, {client}: MetricSources): Promise<Map<string, number>> {
  const query = queryOf({labelSelector: workload.selector, metricLabelSelector: selectorText(selector)});
  const values = await readCustom(client, `namespaces/${workload.namespace}/pods/*/${name}${query}`, 'pods');
  if (values.length === 0) throw new Unavailable('no metrics returned from custom metrics API');
  return new Map(values.map(({describedObject, value}) => [describedObject.name, milliValue(value)]));
}

async function objectMetric(
  {name: metric, selector}: MetricIdentifier,
  {apiVersion = 'v1', kind, name}: CrossVersionObjectReference,
  {namespace}: Workload,
  {client, discovery}: MetricSources,
): Promise<number> {
  const found = discovery()?.find(apiVersion, kind);
  if (!found)
    throw new Unavailable(`unable to fetch metrics from custom metrics API: no matches for kind "${kind}" in version "${apiVersion}"`);
  const resource = found.group ? `${found.resource}.${found.group}` : found.resource;
  const object = kind === 'Namespace' ? `namespaces/${name}/metrics` : `namespaces/${namespace}/${resource}/${name}`;
  const values = await readCustom(client, `${object}/${metric}${queryOf({metricLabelSelector: selectorText(selector)})}`, resource);
  return milliValue(values[0]?.value ?? '0');
}

async function readCustom(client: ApiClient, path: string, resource: string): Promise<MetricValue[]> {
  try {
    const group = await client.request({method: 'GET', path: `/apis/${CUSTOM}`});
    const served = ((group.body as JsonObject | undefined)?.versions ?? []) as {version: string}[];
    const version = CUSTOM_VERSIONS.find(each => served.some(one => one.version === each));
    if (group.status !== 200 || !version) throw new Unavailable(`no custom metrics API (${CUSTOM}) registered`);
    return ((await read(client, `/apis/${CUSTOM}/${version}/${path}`, `${resource}.${CUSTOM}`)) as unknown as {items: MetricValue[]}).items;
  } catch (error) {
    throw rephrased(error, message => `unable to fetch metrics from custom metrics API: ${message}`);
  }
}

/** The sum over everything that the metric's selector matches. */
async function externalMetric({name, selector}: MetricIdentifier, {namespace}: Workload, {client}: MetricSources): Promise<number> {
  const path = `/apis/${EXTERNAL}/v1beta1/namespaces/${namespace}/${name}${queryOf({labelSelector: selectorText(selector)})}`;
  const body = await read(client, path, `${name}.${EXTERNAL}`).catch(within('unable to fetch metrics from external metrics API'));
  const {items} = body as unknown as {items: {value: string}[]};
  if (items.length === 0) throw new Unavailable('no metrics returned from external metrics API');
  return items.reduce((sum, {value}) => sum + milliValue(value), 0);
}

/** The body of an answer; what is refused is told as client-go tells it, `what` being the resource asked for. */
async function read(client: ApiClient, path: string, what: string): Promise<JsonObject> {
  const {status, body} = await client.request({method: 'GET', path});
  if (status === 200) return body as JsonObject;
  const told = body as {kind?: string; message?: string; details?: JsonObject} | undefined;
  const generic =
    status === 404 ? 'the server could not find the requested resource' : 'the server is currently unable to handle the request';
  const isTold = told?.kind === 'Status' && told.message && told.message !== generic;
  throw new Unavailable(isTold ? told.message! : `${generic} (get ${what})`);
}

const selectorText = (selector: LabelSelector | undefined): string => (selector ? formatLabelSelector(selector) : '');

function queryOf(parameters: {[name: string]: string}): string {
  const set = Object.entries(parameters).filter(([, value]) => value !== '');
  return set.length === 0 ? '' : `?${set.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
}

const nameWithSelector = ({name, selector}: MetricIdentifier): string => `${name}(${goSelector(selector)})`;

/** As Go prints a selector. */
function goSelector(selector: LabelSelector | undefined): string {
  if (!selector) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const expressions = (selector.matchExpressions ?? []).map(
    ({key, operator, values = []}) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  const map = labels.map(([name, value]) => `${name}: ${value},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${map}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
