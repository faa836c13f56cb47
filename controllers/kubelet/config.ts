import type {ApiClient, Watch} from '../../server/api/client.ts';
import type {ConfigMap, Container, EnvVar, Pod, ResourceFieldSelector, Secret, Service} from '../../server/api/kinds.generated.ts';
import {milliValue} from '../../server/api/quantity.ts';
import {configMaps, secrets} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import {expandReferences} from './command.ts';
import {serviceEnvironment} from './service-environment.ts';

/** A ConfigMap or Secret that a pod cannot do without. */
export interface Reference {
  type: 'configmap' | 'secret';
  name: string;
  key?: string;
  /** Where it is used: by a container's environment, or mounted. */
  container?: string;
  volume?: string;
}

/** What the ConfigMaps and Secrets of one pod hold. */
export interface Config {
  /** Why a container cannot be created; undefined: it can. */
  missing(container: string): string | undefined;
  /** Volumes that cannot be mounted, with the reason. */
  missingVolumes(): {volume: string; message: string}[];
  /** Something is missing that may still come. */
  readonly incomplete: boolean;
  value(reference: Pick<Reference, 'type' | 'name'>, key: string): string | undefined;
  values(reference: Pick<Reference, 'type' | 'name'>): {[key: string]: string};
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
}

/** Everything the pod refers to; what every pod has of the cluster itself is taken as there. */
export function findReferences({spec}: Pod): (Reference & {optional: boolean})[] {
  const found: (Reference & {optional: boolean})[] = [];
  const add = (reference: Reference, optional = false) => {
    if (reference.name !== 'kube-root-ca.crt') found.push({...reference, optional});
  };
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    const {name} = container;
    for (const {configMapRef, secretRef} of container.envFrom ?? []) {
      if (configMapRef) add({type: 'configmap', name: configMapRef.name ?? '', container: name}, configMapRef.optional);
      if (secretRef) add({type: 'secret', name: secretRef.name ?? '', container: name}, secretRef.optional);
    }
    for (const {valueFrom} of container.env ?? []) {
      const {configMapKeyRef: map, secretKeyRef: secret} = valueFrom ?? {};
      if (map) add({type: 'configmap', name: map.name ?? '', key: map.key, container: name}, map.optional);
      if (secret) add({type: 'secret', name: secret.name ?? '', key: secret.key, container: name}, secret.optional);
    }
  }
  for (const {name: volume, configMap, secret, projected} of spec.volumes ?? []) {
    if (configMap) add({type: 'configmap', name: configMap.name ?? '', volume}, configMap.optional);
    if (secret) add({type: 'secret', name: secret.secretName ?? '', volume}, secret.optional);
    for (const source of projected?.sources ?? []) {
      if (source.configMap) add({type: 'configmap', name: source.configMap.name ?? '', volume}, source.configMap.optional);
      if (source.secret) add({type: 'secret', name: source.secret.name ?? '', volume}, source.secret.optional);
    }
  }
  return found;
}

export interface ConfigLoader {
  /** Reads what the pod refers to; undefined if it refers to nothing. What is missing is watched for. */
  load(pod: Pod): Promise<Config> | undefined;
  stop(): void;
}

/** `appeared` is called with `namespace/name` of each pod for which something appeared that it was missing. */
export function createConfigLoader(client: ApiClient, appeared: (pod: string) => void): ConfigLoader {
  const waiting = new Map<string, {watch: Watch; pods: Set<string>}>();

  const awaitObject = (reference: Reference, namespace: string, pod: string) => {
    const key = `${reference.type}/${namespace}/${reference.name}`;
    const known = waiting.get(key);
    if (known) return void known.pods.add(pod);
    const pods = new Set([pod]);
    const done = () => {
      if (waiting.get(key)?.pods !== pods) return;
      waiting.get(key)!.watch.stop();
      waiting.delete(key);
      for (const name of pods) appeared(name);
    };
    const options = {namespace, fieldSelector: `metadata.name=${reference.name}`};
    const handler = {event: () => queueMicrotask(done), end: () => queueMicrotask(done)};
    const watch = reference.type === 'configmap' ? client.watch(configMaps, options, handler) : client.watch(secrets, options, handler);
    waiting.set(key, {watch, pods});
  };

  const read = async ({type, name}: Reference, namespace: string): Promise<Found | undefined> => {
    try {
      return type === 'configmap'
        ? mapFound(await client.get(configMaps, {namespace, name}))
        : secretFound(await client.get(secrets, {namespace, name}));
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  };

  return {
    load(pod) {
      const references = findReferences(pod);
      if (references.length === 0) return undefined;
      const namespace = pod.metadata.namespace!;
      return (async () => {
        const data = new Map<string, Found>();
        for (const reference of references) {
          const key = `${reference.type}/${reference.name}`;
          if (data.has(key)) continue;
          const found = await read(reference, namespace);
          if (found) data.set(key, found);
          else if (!reference.optional) awaitObject(reference, namespace, `${namespace}/${pod.metadata.name}`);
        }
        return newConfig(references, data, namespace);
      })();
    },
    stop() {
      for (const {watch} of waiting.values()) watch.stop();
      waiting.clear();
    },
  };
}

type Data = {[key: string]: string};

interface Found {
  data: Data;
  configMap?: ConfigMap;
  secret?: Secret;
}

const mapFound = (configMap: ConfigMap): Found => ({data: configMap.data ?? {}, configMap});
const secretFound = (secret: Secret): Found => ({
  data: Object.fromEntries(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()])),
  secret,
});

function newConfig(references: readonly (Reference & {optional: boolean})[], data: ReadonlyMap<string, Found>, namespace: string): Config {
  const of = ({type, name}: Pick<Reference, 'type' | 'name'>) => data.get(`${type}/${name}`)?.data;
  const problem = (reference: Reference): string | undefined => {
    const found = of(reference);
    if (!found) return `${reference.type} "${reference.name}" not found`;
    if (reference.key === undefined || Object.hasOwn(found, reference.key)) return undefined;
    return `couldn't find key ${reference.key} in ${reference.type === 'configmap' ? 'ConfigMap' : 'Secret'} ${namespace}/${reference.name}`;
  };
  const needed = references.filter(({optional}) => !optional);
  return {
    missing: container =>
      needed
        .filter(reference => reference.container === container)
        .map(problem)
        .find(text => text !== undefined),
    missingVolumes: () =>
      needed.flatMap(reference => {
        const message = reference.volume === undefined ? undefined : problem(reference);
        return message === undefined ? [] : [{volume: reference.volume!, message}];
      }),
    incomplete: needed.some(reference => problem(reference) !== undefined),
    value: (reference, key) => of(reference)?.[key],
    values: reference => of(reference) ?? {},
    configMap: name => data.get(`configmap/${name}`)?.configMap,
    secret: name => data.get(`secret/${name}`)?.secret,
  };
}

export interface Surroundings {
  config?: Config;
  podIP?: string;
  hostIP?: string;
  /** Of the pod's namespace and the API server's own, where the pod wants to know. */
  services?: readonly Service[];
  /** What its node has to give: the limit of a container that has none. */
  allocatable?: {[resource: string]: string};
}

/** The environment of a container, as far as it is known without running it. */
export function containerEnvironment(
  container: Pick<Container, 'env' | 'envFrom'> & Partial<Pick<Container, 'name'>>,
  pod: Pod,
  surroundings: Surroundings,
): Map<string, string> {
  const {config} = surroundings;
  const env = new Map([['HOSTNAME', pod.spec.hostname ?? pod.metadata.name!], ...serviceEnvironment(surroundings.services ?? [])]);
  for (const {prefix = '', configMapRef, secretRef} of container.envFrom ?? []) {
    const reference = configMapRef
      ? {type: 'configmap' as const, name: configMapRef.name ?? ''}
      : {type: 'secret' as const, name: secretRef?.name ?? ''};
    for (const [key, value] of Object.entries(config?.values(reference) ?? {})) env.set(prefix + key, value);
  }
  for (const variable of container.env ?? []) {
    const value = variableValue(variable, container.name, pod, env, surroundings);
    if (value !== undefined) env.set(variable.name, value);
  }
  return env;
}

function variableValue(
  {value, valueFrom}: EnvVar,
  container: string | undefined,
  pod: Pod,
  env: ReadonlyMap<string, string>,
  surroundings: Surroundings,
): string | undefined {
  if (!valueFrom) return expandReferences(value ?? '', env);
  const {fieldRef, configMapKeyRef, secretKeyRef, resourceFieldRef} = valueFrom;
  if (configMapKeyRef) return surroundings.config?.value({type: 'configmap', name: configMapKeyRef.name ?? ''}, configMapKeyRef.key);
  if (secretKeyRef) return surroundings.config?.value({type: 'secret', name: secretKeyRef.name ?? ''}, secretKeyRef.key);
  if (resourceFieldRef)
    return resourceValue({...resourceFieldRef, containerName: resourceFieldRef.containerName || container}, pod, surroundings);
  return fieldRef ? fieldValue(fieldRef.fieldPath, pod, surroundings) : undefined;
}

/** In whole divisors, rounded up (pkg/api/v1/resource ExtractContainerResourceValue). */
function resourceValue({containerName, resource, divisor}: ResourceFieldSelector, {spec}: Pod, {allocatable = {}}: Surroundings): string {
  const [kind, name = ''] = resource.split(/\.(.*)/);
  const container = [...spec.containers, ...(spec.initContainers ?? [])].find(each => each.name === containerName);
  const given = container?.resources?.[kind === 'limits' ? 'limits' : 'requests']?.[name];
  const quantity = given ?? (kind === 'limits' ? allocatable[name] : undefined) ?? '0';
  return String(Math.ceil(milliValue(quantity) / (milliValue(divisor ?? '1') || 1000)));
}

function fieldValue(path: string, {metadata, spec}: Pod, {podIP, hostIP}: Surroundings): string | undefined {
  const entry = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (entry) return metadata[entry[1] as 'labels' | 'annotations']?.[entry[2]!] ?? '';
  const values: {[path: string]: string | undefined} = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName,
    'status.podIP': podIP,
    'status.podIPs': podIP,
    'status.hostIP': hostIP,
    'status.hostIPs': hostIP,
  };
  return values[path];
}
