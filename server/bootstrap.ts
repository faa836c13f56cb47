import type {Facts} from '../openapi/facts.ts';
import type {ApiClient, ResourceType} from './api/client.ts';
import type {Clock} from './api/clock.ts';
import type {JsonObject} from './api/json.ts';
import type {KubeObject} from './api/object.ts';
import {parseGroupVersion} from './api/object.ts';
import {configMaps, endpointSlices, endpoints, serviceCIDRs, services} from './api/resource-types.generated.ts';
import {isApiError} from './api/status.ts';
import {formatTime} from './api/time.ts';
import type {Registry} from './resources/registry.ts';

export interface BootstrapOptions {
  facts: Facts;
  registry: Registry;
  clock: Clock;
  /** As `system:apiserver`, with kube-apiserver's User-Agent. */
  client: ApiClient;
  /** Where clients in pods would find the server. */
  address: string;
  port: number;
  serviceCidr: string;
  /** PEM of the authority behind client certificates. */
  clientCa: string;
}

const FLOW_CONTROL_MANAGER = 'api-priority-and-fairness-config-producer-v1';

/** Makes what an API server makes when it starts: namespaces, bootstrap roles, flow control, and the service `kubernetes`. Safe to repeat. */
export async function bootstrap(options: BootstrapOptions): Promise<void> {
  const {facts, registry, client, clock} = options;
  const now = formatTime(clock.now());
  const groups = Object.entries(facts.bootstrap).map(([key, objects]) => {
    const [groupVersion = '', resource = ''] = key.split(' ');
    const found = registry.find(parseGroupVersion(groupVersion)!.group, parseGroupVersion(groupVersion)!.version, resource)!;
    return {type: found as ResourceType, objects: stamped(objects, now)};
  });
  // Namespaces first: roles lie in them.
  const namespaces = groups.filter(({type}) => type.resource === 'namespaces');
  for (const some of [namespaces, groups.filter(group => !namespaces.includes(group))]) {
    await Promise.all(some.map(({type, objects}) => ensure(client, type, objects)));
  }
  await Promise.all(ownObjects(options, now).map(({type, object}) => ensureOne(client, type, object)));
  await publishAddress(options);
}

const stamped = (objects: readonly KubeObject[], now: string): KubeObject[] =>
  JSON.parse(JSON.stringify(objects).replaceAll('"<time>"', JSON.stringify(now)));

/** Creates what is missing of one kind, which has nothing but such objects and their like. */
async function ensure(client: ApiClient, type: ResourceType, objects: KubeObject[]): Promise<void> {
  const nameOf = ({metadata: {namespace = '', name}}: KubeObject): string => `${namespace}/${name}`;
  const present = new Set((await client.list(type)).items.map(nameOf));
  await Promise.all(objects.filter(object => !present.has(nameOf(object))).map(object => make(client, type, object)));
}

/** Creating blindly would claim the addresses of what is there. */
async function ensureOne(client: ApiClient, type: ResourceType, object: KubeObject): Promise<void> {
  const {namespace, name} = object.metadata;
  try {
    await client.get(type, {name: name!, ...(namespace !== undefined && {namespace})});
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
    await make(client, type, object);
  }
}

/** Creates an object and gives it the status that came with it. */
async function make(client: ApiClient, type: ResourceType, {status, ...object}: KubeObject): Promise<void> {
  const options = type.group === 'flowcontrol.apiserver.k8s.io' ? {fieldManager: FLOW_CONTROL_MANAGER} : {};
  try {
    const created = await client.create(type, object as KubeObject, options);
    if (status !== undefined && isOwnStatus(type) && Object.keys(status as JsonObject).length > 0) {
      await client.update(type, {...created, status}, {subresource: 'status', ...options});
    }
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

const OWN_STATUS = ['apiregistration.k8s.io', 'networking.k8s.io'];

const isOwnStatus = ({group}: ResourceType): boolean => OWN_STATUS.includes(group);

/** The objects that depend on this server's addresses and certificates. */
function ownObjects({serviceCidr, clientCa, port}: BootstrapOptions, now: string): {type: ResourceType; object: KubeObject}[] {
  const clusterIP = firstAddress(serviceCidr);
  return [
    {
      type: serviceCIDRs as ResourceType,
      object: {
        metadata: {name: 'kubernetes'},
        spec: {cidrs: [serviceCidr]},
        status: {
          conditions: [
            {type: 'Ready', status: 'True', lastTransitionTime: now, reason: '', message: 'Kubernetes default Service CIDR is ready'},
          ],
        },
      },
    },
    {
      type: services as ResourceType,
      object: {
        metadata: {name: 'kubernetes', namespace: 'default', labels: {component: 'apiserver', provider: 'kubernetes'}},
        spec: {
          ports: [{name: 'https', protocol: 'TCP', port: 443, targetPort: port}],
          clusterIP,
          clusterIPs: [clusterIP],
          type: 'ClusterIP',
          sessionAffinity: 'None',
        },
      },
    },
    {
      type: configMaps as ResourceType,
      object: {
        metadata: {name: 'extension-apiserver-authentication', namespace: 'kube-system'},
        data: {
          'client-ca-file': clientCa,
          'requestheader-allowed-names': '["front-proxy-client"]',
          'requestheader-client-ca-file': clientCa,
          'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
          'requestheader-group-headers': '["X-Remote-Group"]',
          'requestheader-username-headers': '["X-Remote-User"]',
        },
      },
    },
    {
      type: configMaps as ResourceType,
      object: {
        metadata: {name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system'},
        data: {since: now.slice(0, 10)},
      },
    },
  ];
}

/** Endpoints and EndpointSlice of the service `kubernetes`, which no controller writes; they follow the address from start to start. */
async function publishAddress({client, address, port}: BootstrapOptions): Promise<void> {
  const addressType = address.includes(':') ? 'IPv6' : 'IPv4';
  await put(client, endpoints as ResourceType, {
    metadata: {name: 'kubernetes', namespace: 'default', labels: {'endpointslice.kubernetes.io/skip-mirror': 'true'}},
    subsets: [{addresses: [{ip: address}], ports: [{name: 'https', port, protocol: 'TCP'}]}],
  });
  await put(client, endpointSlices as ResourceType, {
    metadata: {name: 'kubernetes', namespace: 'default', labels: {'kubernetes.io/service-name': 'kubernetes'}},
    addressType,
    endpoints: [{addresses: [address], conditions: {ready: true}}],
    ports: [{name: 'https', protocol: 'TCP', port}],
  });
}

async function put(client: ApiClient, type: ResourceType, object: KubeObject): Promise<void> {
  try {
    await client.create(type, object);
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
    await client.update(type, object);
  }
}

/** The first address of a range: the service `kubernetes` has it. */
function firstAddress(cidr: string): string {
  const network = cidr.split('/')[0]!;
  if (network.includes(':')) return network.endsWith('::') ? `${network}1` : network;
  const [a, b, c, d] = network.split('.').map(Number) as [number, number, number, number];
  return [a, b, c, d + 1].join('.');
}
