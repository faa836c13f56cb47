import type {Node, Pod} from '../api/kinds.generated.ts';
import {badRequest, notFound} from '../api/status.ts';
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

/** Where the kubelet of a node says it is; only for messages. */
export function kubeletAddress({storage, registry}: Environment, nodeName: string): string {
  const resource = registry.findGroupResource('', 'nodes')!;
  const node = storage(resource).get(nodeName)?.object as Node | undefined;
  const address = node?.status?.addresses?.find(({type}) => type === 'InternalIP')?.address ?? nodeName;
  return `${address}:${node?.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250}`;
}
