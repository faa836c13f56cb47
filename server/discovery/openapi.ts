import {createHash} from 'node:crypto';
import {loadDescriptions} from '../../openapi/descriptions.ts';
import type {Facts} from '../../openapi/facts.ts';
import {ApiError} from '../api/status.ts';
import type {ApiServices} from '../extensions/api-services.ts';
import type {Aggregation} from '../request/aggregate.ts';
import {answeredBy} from '../request/aggregate.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Environment} from '../verbs/environment.ts';
import type {OpenApiSource} from './definitions.ts';
import {openApiV2Document} from './openapi-v2.ts';
import {encodeOpenApiV2} from './openapi-v2-protobuf.ts';
import {documentHash, openApiV3Document, openApiV3Index} from './openapi-v3.ts';
import {documentOwner, mergeOpenApiV2, withRemoteDocuments} from './remote-openapi.ts';
import type {Documents} from './routes.ts';

const V2_PROTOBUF =
  /application\/com\.github\.proto-openapi\.spec\.v2@v1\.0\+protobuf|application\/com\.github\.googleapis\.gnostic\.OpenAPIv2@68f4ded\+protobuf/;
const V2_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const ACCEPTED = 'application/json, application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

/** What the documents are made from; the texts are read once per server. */
export function openApiSource(facts: Facts): OpenApiSource {
  let descriptions: OpenApiSource['descriptions'];
  let loaded = false;
  return {
    facts,
    customSchema: ({openApi}) => openApi,
    get descriptions() {
      if (!loaded) descriptions = loadDescriptions();
      loaded = true;
      return descriptions;
    },
  };
}

interface Document {
  bytes: Buffer;
  etag: string;
  /** When it was made, in cluster time. */
  made: number;
}

/** GET /openapi/v2: one document of everything, as JSON or as older clients' protobuf. */
export function openapiV2(
  documents: Documents,
  source: OpenApiSource,
  remote: ApiServices,
  {registry, clock}: Environment,
  {info, request}: RequestContext,
): ApiResponse | undefined {
  if (!/^\/openapi\/v2\/?$/.test(info.path)) return undefined;
  const accept = String(request.headers.accept ?? '*/*');
  const protobuf = V2_PROTOBUF.test(accept);
  if (!protobuf && !/application\/json|application\/\*|\*\/\*/.test(accept)) {
    throw new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${ACCEPTED}`);
  }
  const found = documents.get(registry.generation + remote.generation, `openapi v2 ${protobuf}`, () => {
    const own = openApiV2Document(registry.resources, source);
    // Old clients' encoding knows this server's own documents only.
    const document = protobuf ? own : mergeOpenApiV2(own, remote.versions);
    return {...hashed(protobuf ? encodeOpenApiV2(document) : Buffer.from(JSON.stringify(document))), made: clock.now()};
  });
  return cached(request.headers['if-none-match'], found, protobuf ? V2_TYPE : 'application/json', {
    ETag: found.etag,
    Vary: ['Accept-Encoding', 'Accept'],
  });
}

/** GET /openapi/v3, its index, and the documents below it: under their hash they never change. */
export function openapiV3(
  documents: Documents,
  source: OpenApiSource,
  aggregation: Aggregation,
  environment: Environment,
  context: RequestContext,
): ApiResponse | Promise<ApiResponse> | undefined {
  const {registry, clock} = environment;
  const {info, request} = context;
  const {services} = aggregation;
  const name = /^\/openapi\/v3(?:\/(.*))?$/.exec(info.path)?.[1]?.replace(/\/$/, '');
  if (name === undefined) return /^\/openapi\/v3\/?$/.test(info.path) ? index(documents, source, services, environment) : undefined;
  const {generation, resources} = registry;
  const document = documents.get(generation + services.generation, `openapi v3 ${name}`, () => {
    const made = openApiV3Document(resources, source, name);
    const etag = JSON.stringify(documentHash(resources, source, name));
    return made && {bytes: Buffer.from(JSON.stringify(made)), etag, made: clock.now()};
  });
  if (document === undefined) {
    const owner = documentOwner(services.versions, name);
    return owner ? answeredBy(owner, aggregation, context) : {status: 404, headers: {}, body: {type: 'none'}};
  }
  const hash = JSON.parse(document.etag) as string;
  const asked = request.query.get('hash');
  if (asked !== null && asked !== hash) {
    const headers = {ETag: document.etag, Vary: 'Accept', Location: `${info.path}?hash=${hash}`};
    return {status: 301, headers, body: {type: 'text', text: '', contentType: 'application/json'}};
  }
  const immutable: ApiResponse['headers'] =
    asked === null ? {} : {'Cache-Control': 'public, immutable', Expires: httpDate(clock.now() + YEAR)};
  return cached(request.headers['if-none-match'], document, 'application/json', {ETag: document.etag, Vary: 'Accept', ...immutable});
}

function index(documents: Documents, source: OpenApiSource, remote: ApiServices, {registry, clock}: Environment): ApiResponse {
  const {generation, resources} = registry;
  const {bytes, made} = documents.get(generation + remote.generation, 'openapi v3', () => ({
    bytes: Buffer.from(JSON.stringify(withRemoteDocuments(openApiV3Index(resources, source), remote.versions))),
    made: clock.now(),
  }));
  return {status: 200, headers: served(made), body: {type: 'bytes', bytes, contentType: 'text/plain; charset=utf-8'}};
}

const YEAR = 365 * 24 * 3600 * 1000;
const httpDate = (time: number): string => new Date(time).toUTCString();

/** What Go's http.ServeContent says of a document. */
const served = (made: number): ApiResponse['headers'] => ({'Accept-Ranges': 'bytes', 'Last-Modified': httpDate(made)});

function cached(
  ifNoneMatch: string | string[] | undefined,
  {bytes, made}: Document,
  contentType: string,
  headers: ApiResponse['headers'],
): ApiResponse {
  if (ifNoneMatch === headers.ETag) return {status: 304, headers, body: {type: 'none'}};
  return {status: 200, headers: {...headers, ...served(made)}, body: {type: 'bytes', bytes, contentType}};
}

const hashed = (bytes: Buffer): Omit<Document, 'made'> => ({
  bytes,
  etag: JSON.stringify(createHash('sha512').update(bytes).digest('hex').toUpperCase()),
});
