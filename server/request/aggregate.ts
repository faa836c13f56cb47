import type {IncomingHttpHeaders, OutgoingHttpHeaders} from 'node:http';
import {relay} from '../../wire/relay.ts';
import {isApiError} from '../api/status.ts';
import type {ApiServices, RemoteVersion} from '../extensions/api-services.ts';
import type {Forward, ForwardedRequest, ForwardUpgrade} from '../extensions/forward.ts';
import {NoSuchService} from '../extensions/forward.ts';
import {MAX_BODY} from './body.ts';
import {plainText} from './fail.ts';
import type {ApiResponse, RequestContext} from './request.ts';

/** What other servers answer of this one's paths. */
export interface Aggregation {
  readonly services: ApiServices;
  readonly forward: Forward;
  readonly upgrade: ForwardUpgrade;
  /** Headers in which a proxy names somebody: only this server says whom it acts for. */
  isIdentityHeader?(name: string): boolean;
}

// k8s.io/apiserver/pkg/server: requests that are no watches have a minute.
const SECONDS = 60;
// Of one connection only, or said anew.
const CONNECTION_HEADERS = /^(?:connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/;
const OWN_HEADERS = /^(?:host|content-length|authorization|accept-encoding|expect|impersonate-.*|x-remote-.*)$/;
// Every answer has these from this server.
const OWN_ANSWERS = /^(?:content-type|date|audit-id|x-kubernetes-pf-.*)$/;

/** Lets the server behind an APIService answer (k8s.io/kube-aggregator/pkg/apiserver/handler_proxy.go); undefined: it is this one's to answer. */
export async function aggregate(aggregation: Aggregation, context: RequestContext): Promise<ApiResponse | undefined> {
  const {info} = context;
  const {services} = aggregation;
  if (services.versions.length === 0 || info.prefix !== 'apis' || info.version === '') return undefined;
  const remote = services.find(info.group, info.version);
  return remote && answeredBy(remote, aggregation, context);
}

/** What the server answers, or why it does not. */
export async function answeredBy(remote: RemoteVersion, aggregation: Aggregation, context: RequestContext): Promise<ApiResponse> {
  if (!remote.available) return unavailable('service unavailable');
  const upgrade = context.request.headers.upgrade !== undefined;
  try {
    return await (upgrade ? upgraded : forwarded)(aggregation, remote, context);
  } catch (error) {
    if (isApiError(error)) throw error;
    if (error instanceof NoSuchService) return unavailable('service unavailable');
    return unavailable(upgrade ? (error as Error).message : `error trying to reach service: ${(error as Error).message}`);
  }
}

async function forwarded({forward, isIdentityHeader}: Aggregation, {spec}: RemoteVersion, context: RequestContext): Promise<ApiResponse> {
  const {request} = context;
  const body =
    request.body.type === 'bytes'
      ? await request.body.read(MAX_BODY)
      : Buffer.from(request.body.object ? JSON.stringify(request.body.object) : '');
  const answer = await forward(spec, {...target(context, isIdentityHeader), ...(body.length > 0 && {body})});
  const {status, stream} = answer;
  const contentType = String(answer.headers['content-type'] ?? 'application/json');
  const headers = passedBack(answer.headers);
  // What says how long it is comes as a whole, the rest as it comes: watches, logs.
  if (context.info.verb === 'watch' || answer.headers['content-length'] === undefined)
    return {status, headers, body: {type: 'stream', stream, contentType}};
  return {status, headers, body: {type: 'bytes', bytes: await answer.read(MAX_ANSWER), contentType}};
}

const MAX_ANSWER = 256 * 1024 * 1024;

/** The connection becomes the server's: even a refusal is its own. */
async function upgraded({upgrade, isIdentityHeader}: Aggregation, {spec}: RemoteVersion, context: RequestContext): Promise<ApiResponse> {
  const {request} = context;
  const {headers, ...rest} = target(context, isIdentityHeader);
  const asked = {connection: 'Upgrade', upgrade: String(request.headers.upgrade)};
  const server = await upgrade(spec, {...rest, headers: {...headers, ...asked}});
  return {status: 101, headers: {}, body: {type: 'upgrade', open: (client, head) => relay(client, head, server)}};
}

function target({request, identity}: RequestContext, isIdentityHeader: Aggregation['isIdentityHeader']): Omit<ForwardedRequest, 'body'> {
  const query = request.query.toString();
  const passed = Object.entries(request.headers).filter(
    ([name, value]) =>
      value !== undefined && !CONNECTION_HEADERS.test(name) && !OWN_HEADERS.test(name) && isIdentityHeader?.(name) !== true,
  );
  return {
    method: request.method,
    path: query === '' ? request.path : `${request.path}?${query}`,
    headers: Object.fromEntries(passed) as OutgoingHttpHeaders,
    identity,
    seconds: SECONDS,
  };
}

function passedBack(headers: IncomingHttpHeaders): ApiResponse['headers'] {
  const passed = Object.entries(headers).filter(
    ([name, value]) => value !== undefined && !CONNECTION_HEADERS.test(name) && !OWN_ANSWERS.test(name) && name !== 'content-length',
  );
  return Object.fromEntries(passed.map(([name, value]) => [canonical(name), value!]));
}

/** As Go writes a header's name: what this server says by default has no other. */
const canonical = (name: string): string => name.replace(/(?:^|-)[a-z]/g, letter => letter.toUpperCase());

const unavailable = (text: string): ApiResponse => plainText(503, text);
