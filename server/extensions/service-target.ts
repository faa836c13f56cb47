import type {EndpointSlice, Service} from '../api/kinds.generated.ts';
import type {ResourceStorage} from '../storage/types.ts';

/** Where to connect to. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** What stands behind a Service's port; throws an Error in the words that clients are told. */
export type FindService = (namespace: string, name: string, port: number) => Target;

export interface ServiceFinderOptions {
  readonly services: ResourceStorage;
  readonly endpointSlices: ResourceStorage;
}

/**
 * Finds servers that stand outside of the cluster's simulated network: an ExternalName is taken at its word, other Services by the
 * endpoints that are no simulated pods (k8s.io/apiserver/pkg/util/proxy/proxy.go, ResolveCluster).
 */
export const createServiceFinder =
  ({services, endpointSlices}: ServiceFinderOptions): FindService =>
  (namespace, name, port) => {
    const service = services.get(`${namespace}/${name}`)?.object as Service | undefined;
    if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
    const {type, externalName, clusterIP, ports = []} = service.spec ?? {};
    if (type === 'ExternalName') return {host: externalName!, port};
    if (clusterIP === 'None') throw new Error('cannot route to service with ClusterIP "None"');
    const wanted = ports.find(({port: number}) => number === port);
    if (!wanted) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
    const target = endpointOf(endpointSlices, namespace, name, wanted.name ?? '');
    if (!target) throw new Error(`dial tcp ${clusterIP}:${port}: connect: connection refused`);
    return target;
  };

function endpointOf(slices: ResourceStorage, namespace: string, service: string, portName: string): Target | undefined {
  for (const {object} of slices.snapshot().range({prefix: `${namespace}/`})) {
    const {metadata, endpoints, ports} = object as unknown as EndpointSlice;
    if (metadata.labels?.['kubernetes.io/service-name'] !== service) continue;
    const port = (ports ?? []).find(({name = ''}) => name === portName)?.port;
    const ready = (endpoints ?? []).find(({conditions, targetRef}) => conditions?.ready !== false && targetRef?.kind !== 'Pod');
    if (port !== undefined && ready) return {host: ready.addresses[0]!, port};
  }
  return undefined;
}
