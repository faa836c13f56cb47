import type {IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders} from 'node:http';
import {request as sendRequest} from 'node:http';
import type {Duplex} from 'node:stream';
import {relay} from '../../wire/relay.ts';
import type {DialTarget} from '../api/dial.ts';
import type {EndpointSlice, Pod, Service} from '../api/kinds.generated.ts';
import {badRequest, notFound, serviceUnavailable} from '../api/status.ts';
import type {ApiRequest, ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {storageKey} from '../verbs/environment.ts';
import {kubeletAddress} from './pod-target.ts';

/** The proxy subresource of pods, services and nodes: lets them answer themselves (k8s.io/apimachinery/pkg/util/proxy, UpgradeAwareHandler). */
export async function proxy(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const {request} = context;
  const {target, address, secure} = targetOf(environment, context, resource);
  const path = /^(?:\/[^/]+){2}(?:\/namespaces\/[^/]+)?\/[^/]+\/[^/]+\/proxy(.*)$/.exec(request.path)![1]!;
  const query = request.query.size > 0 ? `?${request.query}` : '';
  const connection = environment.dial(target);
  if (!connection) throw unreachable(`dial tcp ${address}: connect: connection refused`);
  // Nothing simulated speaks TLS, but for kubelets, where it is left out.
  if (secure) throw unreachable('tls: first record does not look like a TLS handshake');
  if (request.headers.upgrade !== undefined) return upgrade(connection, `${path}${query}`, request);
  // So that links that are relative lead to where they should.
  if (path === '') return {status: 301, headers: {Location: `${request.path}/${query}`}, body: {type: 'none'}};
  const answer = await ask(connection, `${path}${query}`, request, address);
  const {'content-type': contentType = '', ...headers} = answer.headers;
  return {status: answer.statusCode!, headers: passed(headers), body: {type: 'stream', stream: answer, contentType}};
}

interface ProxyTarget {
  target: DialTarget;
  address: string;
  secure: boolean;
}

/** Finds who is meant, in upstream's words where that is nobody. */
function targetOf(environment: Environment, {info}: RequestContext, resource: Resource): ProxyTarget {
  const {scheme, name, port} = splitName(info.name, resource.singular);
  const object = environment.storage(resource).get(storageKey(resource, info.namespace, name))?.object;
  if (object === undefined) throw notFound(resource, name);
  if (resource.resource === 'nodes') return {target: {node: name}, address: kubeletAddress(environment, name), secure: false};
  const address =
    resource.resource === 'services'
      ? serviceAddress(environment, object as unknown as Service, port)
      : podAddress(object as unknown as Pod, port);
  const [, host, number] = /^(.*):(\d+)$/.exec(address) ?? [];
  return {target: {address: host ?? address, port: Number(number)}, address, secure: scheme === 'https'};
}

function podAddress({status, spec}: Pod, port: string): string {
  const address = status?.podIP ?? status?.podIPs?.[0]?.ip ?? '';
  if (address === '') throw badRequest('address not allowed');
  return `${address}:${port || (spec.containers[0]?.ports?.[0]?.containerPort ?? 80)}`;
}

/** `name`, `name:port` or `scheme:name:port` (k8s.io/apimachinery/pkg/util/net, SplitSchemeNamePort). */
function splitName(text: string, singular: string): {scheme: string; name: string; port: string} {
  const parts = text.split(':');
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || !name || !['', 'http', 'https'].includes(scheme!))
    throw badRequest(`invalid ${singular} request ${JSON.stringify(text)}`);
  return {scheme: scheme!, name, port: port ?? ''};
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

const unreachable = (why: string) => serviceUnavailable(`error trying to reach service: ${why}`);

/** Headers of a connection, not of what is said over it. */
const OF_CONNECTION = /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;

const passed = (headers: IncomingHttpHeaders | ApiRequest['headers']): ApiResponse['headers'] =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined || OF_CONNECTION.test(name) ? [] : [[name, value]])),
  );

/** More than a request may hold. */
const MAX_BODY = 1024 ** 3;

async function ask(connection: Duplex, path: string, request: ApiRequest, address: string): Promise<IncomingMessage> {
  const {method, body, signal} = request;
  const bytes = body.type === 'bytes' ? await body.read(MAX_BODY) : Buffer.from(body.object ? JSON.stringify(body.object) : '');
  const {authorization: _hidden, ...rest} = passed(request.headers);
  const headers: OutgoingHttpHeaders = {
    ...rest,
    host: address,
    connection: 'close',
    ...(bytes.length > 0 && {'content-length': bytes.length}),
  };
  return new Promise((resolve, reject) => {
    const outgoing = sendRequest({method, path, headers, createConnection: () => connection, ...(signal && {signal})}, resolve);
    outgoing.on('error', error => reject(unreachable(error.message)));
    outgoing.end(bytes);
  });
}

/** Asks for what the client asks, and leaves the rest to the two of them. */
function upgrade(connection: Duplex, path: string, {method, headers}: ApiRequest): ApiResponse {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || name === 'authorization' ? [] : [`${name}: ${[value].flat().join(', ')}`],
  );
  const open = (client: Duplex, head: Buffer): void => {
    connection.write(`${[`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
    relay(client, head, connection);
  };
  return {status: 101, headers: {}, body: {type: 'upgrade', open}};
}
