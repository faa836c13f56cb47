import type {EndpointSlice, Pod, Service} from '../api/kinds.generated.ts';
import {badRequest, notFound, serviceUnavailable} from '../api/status.ts';
import type {RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {storageKey} from '../verbs/environment.ts';
import {kubeletAddress} from './pod-target.ts';

/**
 * The proxy subresource of pods, services and nodes: finds who is meant, in upstream's words where that is nobody. Nothing listens on the
 * addresses of simulated pods, so the rest is a connection that is refused.
 */
export function proxy(environment: Environment, {info}: RequestContext, resource: Resource): never {
  const {name, port} = splitName(info.name, resource.singular);
  const object = environment.storage(resource).get(storageKey(resource, info.namespace, name))?.object;
  if (object === undefined) throw notFound(resource, name);
  if (resource.resource === 'nodes') throw unreachable(kubeletAddress(environment, name));
  if (resource.resource === 'services') throw unreachable(serviceAddress(environment, object as unknown as Service, port));
  const {status, spec} = object as unknown as Pod;
  const address = status?.podIP ?? status?.podIPs?.[0]?.ip ?? '';
  if (address === '') throw badRequest('address not allowed');
  throw unreachable(`${address}:${port || (spec.containers[0]?.ports?.[0]?.containerPort ?? 80)}`);
}

/** `name`, `name:port` or `scheme:name:port` (k8s.io/apimachinery/pkg/util/net, SplitSchemeNamePort). */
function splitName(text: string, singular: string): {name: string; port: string} {
  const parts = text.split(':');
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || !name || !['', 'http', 'https'].includes(scheme!))
    throw badRequest(`invalid ${singular} request ${JSON.stringify(text)}`);
  return {name, port: port ?? ''};
}

/** Ports are known by their names, and a number stands for the name of its port. */
function portName({metadata, spec}: Service, wanted: string): string {
  if (!/^[-+]?\d+$/.test(wanted)) return wanted;
  const found = (spec?.ports ?? []).find(({port}) => port === Number(wanted));
  if (found === undefined) throw serviceUnavailable(`no service port ${Number(wanted)} found for service ${JSON.stringify(metadata.name)}`);
  return found.name ?? '';
}

function serviceAddress({registry, storage}: Environment, service: Service, wanted: string): string {
  const {metadata} = service;
  const port = portName(service, wanted);
  const slices = storage(registry.findGroupResource('discovery.k8s.io', 'endpointslices')!);
  for (const {object} of slices.snapshot().range({prefix: `${metadata.namespace}/`})) {
    const {endpoints = [], ports = [], metadata: own} = object as unknown as EndpointSlice;
    if (own.labels?.['kubernetes.io/service-name'] !== metadata.name) continue;
    const target = (ports ?? []).find(({name = ''}) => name === port)?.port;
    const ready = (endpoints ?? []).find(({conditions}) => conditions?.ready !== false);
    if (ready && target !== undefined) return `${ready.addresses[0]}:${target}`;
  }
  throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(metadata.name)}`);
}

const unreachable = (address: string) =>
  serviceUnavailable(`error trying to reach service: dial tcp ${address}: connect: connection refused`);
