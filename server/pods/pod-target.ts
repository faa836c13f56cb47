import type {Node, Pod} from '../api/kinds.generated.ts';
import {badRequest, notFound, unknownError} from '../api/status.ts';
import type {RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {storageKey} from '../verbs/environment.ts';

/** The pod that a request is about; throws 404. */
export function findPod({storage}: Environment, {info}: RequestContext, resource: Resource): Pod {
  const entry = storage(resource).get(storageKey(resource, info.namespace, info.name));
  if (entry === undefined) throw notFound(resource, info.name);
  return entry.object as unknown as Pod;
}

/** The container that is meant: the named one, or the only one (pkg/registry/core/pod/strategy.go, LogLocation). Throws 400. */
export function chooseContainer({metadata, spec}: Pod, wanted: string): string {
  const names = (containers: readonly {name: string}[] = []) => containers.map(({name}) => name);
  const init = names(spec.initContainers);
  const regular = names(spec.containers);
  if (wanted === '') {
    if (regular.length === 1) return regular[0]!;
    const choice = `choose one of: [${regular.join(' ')}]`;
    const more = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
    throw badRequest(`a container name must be specified for pod ${metadata.name}, ${choice}${more}`);
  }
  if (![...regular, ...init, ...names(spec.ephemeralContainers)].includes(wanted)) {
    throw badRequest(`container ${wanted} is not valid for pod ${metadata.name}`);
  }
  return wanted;
}

// What kube-apiserver prefers by default.
const ADDRESS_TYPES = ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'];

/** Where the kubelet of a node says it is; for messages. Throws 404 for a node that does not exist, 500 for one that says nothing. */
export function kubeletAddress({storage, registry}: Environment, nodeName: string): string {
  const nodes = registry.findGroupResource('', 'nodes')!;
  const node = storage(nodes).get(nodeName)?.object as Node | undefined;
  if (node === undefined) throw notFound(nodes, nodeName);
  const addresses = node.status?.addresses ?? [];
  const found = ADDRESS_TYPES.map(wanted => addresses.find(({type}) => type === wanted)).find(each => each !== undefined);
  const known = addresses.map(({type, address}) => `{${type} ${address}}`).join(' ');
  if (found === undefined) throw unknownError(`no preferred addresses found; known addresses: [${known}]`);
  return `${found.address}:${node.status?.daemonEndpoints?.kubeletEndpoint?.Port || 10250}`;
}
