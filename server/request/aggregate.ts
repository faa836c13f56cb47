import type {OutgoingHttpHeaders} from 'node:http';
import {isApiError} from '../api/status.ts';
import type {ApiServices, RemoteVersion} from '../extensions/api-services.ts';
import type {Forward} from '../extensions/forward.ts';
import {MAX_BODY} from './body.ts';
import {plainText} from './fail.ts';
import type {ApiResponse, RequestContext} from './request.ts';

/** What other servers answer of this one's paths. */
export interface Aggregation {
  readonly services: ApiServices;
  readonly forward: Forward;
  /** Headers in which a proxy names somebody: only this server says whom it acts for. */
  isIdentityHeader?(name: string): boolean;
}

// k8s.io/apiserver/pkg/server: requests that are no watches have a minute.
const SECONDS = 60;
// Of one connection only, or said anew.
const OWN_HEADERS =
  /^(?:connection|keep-alive|te|trailer|transfer-encoding|upgrade|host|content-length|authorization|accept-encoding|expect|impersonate-.*|x-remote-.*)$/;

/** Lets the server behind an APIService answer (k8s.io/kube-aggregator/pkg/apiserver/handler_proxy.go); undefined: it is this one's to answer. */
export async function aggregate({services, forward}: Aggregation, context: RequestContext): Promise<ApiResponse | undefined> {
  const {info} = context;
  if (services.versions.length === 0 || info.prefix !== 'apis' || info.version === '') return undefined;
  const remote = services.find(info.group, info.version);
  if (!remote) return undefined;
  if (!remote.available) return unavailable('service unavailable');
  try {
    return await forwarded(forward, remote, context);
  } catch (error) {
    if (isApiError(error)) throw error;
    return unavailable(`error trying to reach service: ${(error as Error).message}`);
  }
}

async function forwarded(forward: Forward, {spec}: RemoteVersion, {request, info, identity}: RequestContext): Promise<ApiResponse> {
  const query = request.query.toString();
  const body =
    request.body.type === 'bytes'
      ? await request.body.read(MAX_BODY)
      : Buffer.from(request.body.object ? JSON.stringify(request.body.object) : '');
  const answer = await forward(spec, {
    method: request.method,
    path: query === '' ? request.path : `${request.path}?${query}`,
    headers: passedOn(request.headers),
    ...(body.length > 0 && {body}),
    identity,
    seconds: SECONDS,
  });
  const {status, stream} = answer;
  const contentType = String(answer.headers['content-type'] ?? 'application/json');
  const {warning} = answer.headers;
  const headers: ApiResponse['headers'] = warning === undefined ? {} : {Warning: warning};
  if (info.verb === 'watch') return {status, headers, body: {type: 'stream', stream, contentType}};
  return {status, headers, body: {type: 'bytes', bytes: await answer.read(), contentType}};
}

const passedOn = (headers: RequestContext['request']['headers']): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name, value]) => value !== undefined && !OWN_HEADERS.test(name)));

const unavailable = (text: string): ApiResponse => plainText(503, text);
