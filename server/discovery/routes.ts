import type {Facts} from '../../openapi/facts.ts';
import type {JsonObject} from '../api/json.ts';
import {ApiError, resourceNotFound} from '../api/status.ts';
import type {ApiServices} from '../extensions/api-services.ts';
import type {Aggregation} from '../request/aggregate.ts';
import {negotiate} from '../request/negotiate.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Environment} from '../verbs/environment.ts';
import {aggregatedDiscovery, etagOf} from './aggregated.ts';
import {apiGroup, apiGroupList, apiResourceList, apiVersions} from './groups.ts';
import {health} from './health.ts';
import type {Metrics} from './metrics.ts';
import {openApiSource, openapiV2, openapiV3} from './openapi.ts';
import {withRemoteDiscovery, withRemoteGroup, withRemoteGroups} from './remote.ts';
import {serviceAccountIssuer} from './service-account-issuer.ts';

/** Everything that is not a resource. */
export interface Routes {
  handle(environment: Environment, context: RequestContext): ApiResponse | Promise<ApiResponse>;
  unknownResource(environment: Environment, context: RequestContext): ApiResponse;
  unknownPath(): ApiResponse;
}

export interface RoutesOptions {
  facts: Facts;
  readonly metrics: Metrics;
  /** What other servers answer. */
  readonly aggregation: Aggregation;
  /** False until the server's own objects exist: /readyz says so. */
  isReady(): boolean;
}

/** Plain text, as Go's http.NotFound says it. */
const pageNotFound = (): ApiResponse => ({
  status: 404,
  headers: {'X-Content-Type-Options': 'nosniff'},
  body: {type: 'text', text: '404 page not found\n', contentType: 'text/plain; charset=utf-8'},
});

type Handler = (environment: Environment, context: RequestContext) => ApiResponse | Promise<ApiResponse> | undefined;

/** The paths that every server has. */
export function createRoutes({facts, isReady, metrics, aggregation}: RoutesOptions): Routes {
  const remote = aggregation.services;
  const documents = createDocuments();
  const source = openApiSource(facts);
  const handlers: readonly Handler[] = [
    (environment, context) => discovery(documents, remote, environment, context),
    (environment, context) => openapiV2(documents, source, remote, environment, context),
    (environment, context) => openapiV3(documents, source, aggregation, environment, context),
    (_environment, context) => version(facts, context),
    (_environment, {info}) => (info.path === '/metrics' ? metricsText(metrics) : undefined),
    serviceAccountIssuer,
    (environment, context) => root(facts, environment, context),
  ];
  return {
    handle(environment, context) {
      const checked = health(context.info.path, context.request.query, isReady());
      if (checked) return checked;
      if (context.request.method !== 'GET') {
        throw new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
      }
      for (const handler of handlers) {
        const response = handler(environment, context);
        if (response) return response;
      }
      return pageNotFound();
    },
    /** Below a group of built-in kinds the answer is a Status; other paths are just unknown. */
    unknownResource({registry}, {info}) {
      if (info.prefix === 'api' || registry.resources.some(({group, custom}) => group === info.group && !custom)) throw resourceNotFound();
      return pageNotFound();
    },
    unknownPath: pageNotFound,
  };
}

/** Documents by name, kept while the set of resources stays as it is. */
export interface Documents {
  get<T>(generation: number, name: string, make: () => T): T;
}

const MOST_DOCUMENTS = 2000;

function createDocuments(): Documents {
  let known = new Map<string, unknown>();
  let current = 0;
  return {
    get<T>(generation: number, name: string, make: () => T): T {
      // Clients choose what some names hold.
      if (generation !== current || known.size >= MOST_DOCUMENTS) known = new Map();
      current = generation;
      if (!known.has(name)) known.set(name, make());
      return known.get(name) as T;
    },
  };
}

function discovery(documents: Documents, remote: ApiServices, environment: Environment, context: RequestContext): ApiResponse | undefined {
  const {prefix, group, version: groupVersion} = context.info;
  const segments = context.info.path.split('/').filter(segment => segment !== '');
  const isRoot = segments.length === 1 && (segments[0] === 'api' || segments[0] === 'apis');
  if (!isRoot && prefix === '') return undefined;
  const {resources, generation} = environment.registry;
  accept(context, isRoot ? ['APIGroupDiscoveryList'] : []);
  if (isRoot && context.accepted.as === 'APIGroupDiscoveryList')
    return aggregated(documents, remote, environment, context, segments[0] as 'api' | 'apis');
  const host = String(context.request.headers.host ?? '');
  const document = documents.get(generation + remote.generation, `${context.info.path} ${host}`, () => {
    if (isRoot) return segments[0] === 'api' ? apiVersions(resources, host) : withRemoteGroups(apiGroupList(resources), remote.versions);
    if (prefix === 'apis' && groupVersion === '') return withRemoteGroup(apiGroup(resources, group), group, remote.versions);
    return apiResourceList(resources, group, groupVersion);
  });
  if (document !== undefined) return {status: 200, headers: {}, body: {type: 'object', object: document}};
  const builtIn = prefix === 'api' || resources.some(resource => resource.group === group && !resource.custom);
  if (builtIn && (prefix === 'api' || groupVersion !== '')) throw resourceNotFound();
  return pageNotFound();
}

/** Only aggregated discovery has an ETag. */
function aggregated(
  documents: Documents,
  remote: ApiServices,
  {registry}: Environment,
  context: RequestContext,
  rootName: 'api' | 'apis',
): ApiResponse {
  const {generation, resources} = registry;
  const {document, etag} = documents.get(generation + remote.generation, `aggregated ${rootName}`, () => {
    const own = aggregatedDiscovery(resources, rootName);
    const made = rootName === 'api' ? own : withRemoteDiscovery(own, remote.versions);
    return {document: made, etag: etagOf(made)};
  });
  const headers = {ETag: etag, Vary: 'Accept', 'Cache-Control': 'public'};
  if (context.request.headers['if-none-match'] === etag) return {status: 304, headers, body: {type: 'none'}};
  if (context.accepted.mediaType !== 'application/json') return {status: 200, headers, body: {type: 'object', object: document}};
  const contentType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  return {status: 200, headers, body: {type: 'bytes', bytes: Buffer.from(`${JSON.stringify(document)}\n`), contentType}};
}

function accept(context: RequestContext, forms: readonly string[]): void {
  const {headers, query} = context.request;
  context.accepted = negotiate(
    headers.accept === undefined ? undefined : String(headers.accept),
    String(headers['user-agent'] ?? ''),
    query.get('pretty'),
    {forms},
  );
}

function version(facts: Facts, {info, request}: RequestContext): ApiResponse | undefined {
  if (/^\/version\/./.test(info.path)) throw resourceNotFound();
  if (!/^\/version\/?$/.test(info.path)) return undefined;
  const accept = String(request.headers.accept ?? '');
  if (accept !== '' && !/application\/json|\*\/\*/.test(accept)) throw noRepresentation('application/json');
  return indented(facts.serverVersion);
}

async function metricsText(metrics: Metrics): Promise<ApiResponse> {
  return {status: 200, headers: {}, body: {type: 'text', text: await metrics.text(), contentType: METRICS_TYPE}};
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

function root(facts: Facts, {registry}: Environment, {info}: RequestContext): ApiResponse | undefined {
  if (info.path !== '/' && info.path !== '' && info.path !== '/index.html') return undefined;
  const custom = registry.resources
    .filter(resource => resource.custom)
    .flatMap(({group, version: name}) => [`/apis/${group}`, `/apis/${group}/${name}`]);
  return indented({paths: [...new Set([...facts.rootPaths, ...custom])].sort()});
}

/** What go-restful says where a path has no answer in an accepted type. */
const noRepresentation = (types: string): ApiError =>
  new ApiError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${types}`, {});

/** As Go's json.MarshalIndent prints it. */
const indented = (object: JsonObject): ApiResponse => ({
  status: 200,
  headers: {},
  body: {type: 'bytes', bytes: Buffer.from(JSON.stringify(object, undefined, 2)), contentType: 'application/json'},
});
