import type {WallClock} from './api/clock.ts';
import {ApiError, resourceNotFound} from './api/status.ts';
import type {Metrics} from './discovery/metrics.ts';
import type {Routes} from './discovery/routes.ts';
import {checkForm, includeObject} from './encode/transform.ts';
import {podConnections} from './pods/index.ts';
import type {Aggregation} from './request/aggregate.ts';
import {aggregate} from './request/aggregate.ts';
import type {Authentication} from './request/authenticate.ts';
import {ANONYMOUS, authenticate} from './request/authenticate.ts';
import {authorize} from './request/authorize.ts';
import {failed} from './request/fail.ts';
import type {Classify} from './request/flow-control.ts';
import type {Impersonate} from './request/impersonate.ts';
import {createImpersonate} from './request/impersonate.ts';
import type {RequestInfo} from './request/info.ts';
import {pathInfo, requestInfo} from './request/info.ts';
import type {Accepted} from './request/negotiate.ts';
import {JSON_ACCEPTED, negotiate, negotiateError, notStreamable} from './request/negotiate.ts';
import type {ApiRequest, ApiResponse, RequestContext, ResponseBody} from './request/request.ts';
import type {Resource} from './resources/resource.ts';
import {subresourceVerb} from './subresources/subresources.ts';
import {unstoredVerb} from './subresources/unstored.ts';
import {create} from './verbs/create.ts';
import {remove} from './verbs/delete.ts';
import {removeCollection} from './verbs/delete-collection.ts';
import type {Environment} from './verbs/environment.ts';
import {get} from './verbs/get.ts';
import {list} from './verbs/list.ts';
import {patch} from './verbs/patch.ts';
import {convertedAnswer} from './verbs/stored-form.ts';
import {update} from './verbs/update.ts';
import {watch} from './verbs/watch.ts';

/** One verb on one resource. */
export type Verb = (environment: Environment, context: RequestContext, resource: Resource) => ApiResponse | Promise<ApiResponse>;

const VERBS: {readonly [verb: string]: Verb} = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
};

export interface AppOptions {
  readonly environment: Environment;
  readonly authentication: Authentication;
  readonly routes: Routes;
  readonly aggregation: Aggregation;
  readonly classify: Classify;
  readonly metrics: Metrics;
  readonly wall: WallClock;
  /** Told of errors nobody expected. */
  report(error: unknown): void;
}

/** The API server as a function from request to answer; sockets and encodings are the transport's. */
export interface App {
  handle(request: ApiRequest): Promise<Answer>;
  readonly environment: Environment;
  readonly wall: WallClock;
  /** Requests under way, watches not counted. */
  readonly inFlight: number;
  /** Told of errors nobody expected. */
  report(error: unknown): void;
}

export interface Answer {
  readonly context: RequestContext;
  readonly response: ApiResponse;
}

/** What `run` works with. */
interface Pipeline extends AppOptions {
  readonly impersonate: Impersonate;
}

/** Builds the pipeline. Its order, top to bottom, is `run`'s (k8s.io/apiserver/pkg/server/config.go, DefaultBuildHandlerChain). */
export function createApp(options: AppOptions): App {
  const {environment, report, metrics, wall} = options;
  const pipeline: Pipeline = {...options, impersonate: createImpersonate(environment.authorizer)};
  let inFlight = 0;
  return {
    environment,
    wall,
    report,
    get inFlight() {
      return inFlight;
    },
    async handle(request) {
      const context = newContext(environment, request);
      inFlight++;
      const started = wall.monotonic();
      const finish = metrics.begin(request.method);
      const answer = await run(pipeline, context).catch(error => refused(context, failed(error, request, report)));
      const response = finish(context, answer, (wall.monotonic() - started) / 1000);
      inFlight--;
      return {context, response};
    },
  };
}

async function run(
  {environment, authentication, impersonate, routes, aggregation, classify}: Pipeline,
  context: RequestContext,
): Promise<ApiResponse> {
  const {request} = context;
  const info = requestInfo(request.method, request.path, request.query);
  if (info === undefined) return routes.unknownPath();
  context.info = info;
  context.identity = await authenticate(authentication, request, context.warnings);
  const acting = impersonate(context.identity, request, info);
  context.identity = acting instanceof Promise ? await acting : acting;
  if (!isLongRunning(info)) context.flow = classify(context.identity, info);
  const asking = authorize(environment.authorizer, context.identity, info, request.query);
  if (asking) await asking;
  context.authorized = true;
  const remote = aggregation.services.versions.length > 0 ? await aggregate(aggregation, context) : undefined;
  if (remote) return remote;
  if (!info.isResource) return routes.handle(environment, context);
  const resource = environment.registry.find(info.group, info.version, info.resource);
  if (resource === undefined || info.parts.includes('') || isMisplaced(info, resource)) return routes.unknownResource(environment, context);
  context.accepted = accepted(context, resource);
  warnOfDeprecation(context, resource);
  const response = await convertedAnswer(await verbOf(info, request.method, resource)(environment, context, resource));
  checkStream(response.body, context.accepted);
  checkForm(response.body, context.accepted);
  return response;
}

function accepted({request, info}: RequestContext, resource: Resource) {
  const accept = request.headers.accept;
  const stream = info.verb === 'watch';
  const kind = info.subresource === '' ? resource.kind : resource.subresources.get(info.subresource)?.kind;
  // Subresources that a custom kind does not have are not found, whatever the client accepts; connections answer for themselves.
  if ((kind === undefined && resource.custom) || CONNECTIONS.has(info.subresource)) return JSON_ACCEPTED;
  const isView = resource.verbs.includes('get') && (kind === resource.kind || kind === 'Scale');
  const forms = isView ? ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'] : [];
  const chosen = negotiate(
    accept === undefined ? undefined : String(accept),
    String(request.headers['user-agent'] ?? ''),
    request.query.get('pretty'),
    {
      custom: resource.custom,
      stream,
      forms,
      ...(info.subresource === 'log' && {produces: ['text/plain']}),
    },
  );
  return chosen.as === 'Table' ? {...chosen, includeObject: includeObject(request.query)} : chosen;
}

/** A watch is refused its form, 406, when all else about it is right. */
function checkStream(body: ResponseBody, {mediaType}: Accepted): void {
  if (body.type !== 'watch' || mediaType !== 'application/yaml') return;
  body.stream.close();
  throw notStreamable();
}

/** Errors come in the media type of the answer, without the form that was asked for. */
function refused(context: RequestContext, response: ApiResponse): ApiResponse {
  context.accepted = negotiateError(context.request);
  if (response.status === 403 && !context.authorized) response.headers['X-Content-Type-Options'] = 'nosniff';
  return response;
}

const CONNECTIONS = new Set(['attach', 'exec', 'portforward', 'proxy']);
const LONG_RUNNING = new Set([...CONNECTIONS, 'log']);

/** Watches aside, requests that may last for hours do not count in priority and fairness. */
const isLongRunning = ({subresource, verb}: RequestInfo): boolean => verb === 'proxy' || LONG_RUNNING.has(subresource);

/**
 * Cluster-scoped resources have no paths below a namespace, namespaced ones none to a single object outside of one; the collection of
 * custom ones in all namespaces has a path for readers only.
 */
function isMisplaced({namespace, name, resource, verb}: RequestInfo, {namespaced, custom}: Resource): boolean {
  if (!namespaced) return namespace !== '' && !(resource === 'namespaces' && name === namespace);
  return namespace === '' && (name !== '' || (custom && verb !== 'list' && verb !== 'watch'));
}

/** Every request for a deprecated kind is told so, and noted. */
function warnOfDeprecation(context: RequestContext, {deprecation}: Resource): void {
  if (deprecation === undefined) return;
  context.warnings.add(deprecation);
  context.deprecated = true;
}

/** The verb's function, 405 for verbs the resource does not have, 404 for subresources it does not have. */
function verbOf(info: RequestInfo, method: string, resource: Resource): Verb {
  const {verb, subresource, name, namespace} = info;
  const refused = () => new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
  if (info.parts.length > 3 && subresource !== 'proxy') throw resourceNotFound();
  // HEAD is answered 405 everywhere, but what is proxied.
  if (method === 'HEAD' && subresource !== 'proxy') throw refused();
  if (subresource !== '') return subresourceVerb(resource, subresource, verb, refused, podConnections);
  if (info.parts.length > 2) throw resourceNotFound();
  // A namespaced collection without a namespace can only be read.
  if (!resource.verbs.includes(verb)) throw refused();
  const readsAll = verb === 'list' || verb === 'watch';
  if (resource.namespaced && namespace === '' && !readsAll) throw refused();
  const onObject = verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete';
  if (onObject !== (name !== '') && verb !== 'watch') throw refused();
  return resource.storagePrefix === undefined ? unstoredVerb(resource, verb) : VERBS[verb]!;
}

function newContext(environment: Environment, request: ApiRequest): RequestContext {
  const auditId = request.headers['audit-id'];
  return {
    request,
    info: pathInfo('', request.path),
    identity: ANONYMOUS,
    accepted: JSON_ACCEPTED,
    authorized: false,
    auditId: auditId === undefined ? environment.random.uuid() : String(auditId),
    warnings: new Set(),
  };
}
