import type {Facts} from '../../openapi/facts.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {parseGroupVersion} from '../api/object.ts';
import type {Resource} from '../resources/resource.ts';
import type {OpenApiSource} from './definitions.ts';
import {definitionsFor, modelName, reference} from './definitions.ts';
import {servedGroups} from './groups.ts';
import type {Operation, TypeName} from './operations.ts';
import {parameterType, pathParameters, shared} from './parameters.ts';
import {groupVersionPaths, type PathItem, rootPaths} from './paths.ts';

/** The body of /openapi/v2: all groups in one Swagger document. */
export function openApiV2Document(resources: readonly Resource[], source: OpenApiSource): JsonObject {
  const {facts} = source;
  const items = allPaths(resources);
  const of = facts.openapiV2ExtraKinds.flatMap(text => parseGroupVersion(text) ?? []);
  const references = parameterReferences(facts);
  return {
    swagger: '2.0',
    info: {title: 'Kubernetes', version: facts.version},
    paths: Object.fromEntries(items.map(item => [item.path, pathItem(source, item, references)])),
    definitions: definitionsFor(
      source,
      items.flatMap(({operations}) => operations),
      resources,
      2,
      of,
    ),
    parameters: Object.fromEntries(facts.openapiV2Parameters.map(name => [name, sharedParameter(name)])),
    securityDefinitions: {BearerToken: {type: 'apiKey', name: 'authorization', in: 'header'}},
    security: [{BearerToken: []}],
  };
}

function allPaths(resources: readonly Resource[]): PathItem[] {
  const groups = servedGroups(resources).flatMap(({group, versions}) => {
    const root = group === '' ? 'api' : `apis/${group}`;
    const own = versions[0]!.resources[0]!.custom ? [] : rootPaths(root);
    return [...own, ...versions.flatMap(({resources: rows}) => groupVersionPaths(rows))];
  });
  const others = ['.well-known/openid-configuration', 'apis', 'openid/v1/jwks', 'version'].flatMap(rootPaths);
  return [...groups, ...others].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Parameter name → its entry below `parameters`, where only one has the name. */
function parameterReferences(facts: Facts): ReadonlyMap<string, string> {
  const entries = facts.openapiV2Parameters.map(entry => [nameOf(entry), entry] as const);
  return new Map(entries.filter(([name], index) => name !== 'path' && !entries.some(([other], at) => other === name && at !== index)));
}

/** `limit` of `limit-1NfNmdNH`: the last nine characters are a hash. */
const nameOf = (entry: string): string => entry.slice(0, -9);

function sharedParameter(entry: string): JsonObject {
  const name = nameOf(entry);
  if (name === 'body') return {in: 'body', name: 'body', schema: {type: 'object'}};
  return name === 'namespace' ? pathParameter(name) : queryParameter(name);
}

const queryParameter = (name: string): JsonObject => ({in: 'query', name, type: parameterType(name), uniqueItems: true});

const pathParameter = (name: string): JsonObject => ({in: 'path', name, required: true, type: 'string', uniqueItems: true});

function pathItem(source: OpenApiSource, item: PathItem, references: ReadonlyMap<string, string>): JsonObject {
  const common = shared(item.operations);
  const parameters = [
    ...common.map(name => refer(references, name) ?? queryParameter(name)),
    ...pathParameters(item.path).map(name => (name === 'namespace' ? refer(references, name) : undefined) ?? pathParameter(name)),
  ];
  return {
    ...Object.fromEntries(item.operations.map(operation => [operation.method, operationObject(source, operation, common, references)])),
    ...(parameters.length > 0 && {parameters}),
  };
}

function refer(references: ReadonlyMap<string, string>, name: string): JsonObject | undefined {
  const entry = references.get(name);
  return entry === undefined ? undefined : {$ref: `#/parameters/${entry}`};
}

function operationObject(
  source: OpenApiSource,
  operation: Operation,
  common: readonly string[],
  references: ReadonlyMap<string, string>,
): JsonObject {
  const {id, tag, action, kind, body, consumes, produces} = operation;
  const parameters: JsonObject[] = [
    ...(body === undefined
      ? []
      : [{in: 'body', name: 'body', ...(operation.bodyRequired === true && {required: true}), schema: schemaOf(source, body)}]),
    ...operation.query.filter(name => !common.includes(name)).map(name => refer(references, name) ?? queryParameter(name)),
  ];
  const answers = Object.entries(operation.responses).map(([code, type]): [string, Json] => [
    code,
    {description: REASONS[code]!, schema: schemaOf(source, type)},
  ]);
  return {
    ...(consumes && {consumes: [...consumes]}),
    operationId: id,
    ...(parameters.length > 0 && {parameters}),
    produces: [...produces],
    responses: Object.fromEntries([...answers, ['401', {description: REASONS['401']!}]]),
    schemes: ['https'],
    tags: [tag],
    ...(action !== undefined && {'x-kubernetes-action': action}),
    ...(kind && {'x-kubernetes-group-version-kind': {group: kind.group, kind: kind.kind, version: kind.version}}),
  };
}

const REASONS: {readonly [code: string]: string} = {200: 'OK', 201: 'Created', 202: 'Accepted', 401: 'Unauthorized'};

const schemaOf = ({facts}: OpenApiSource, type: TypeName): JsonObject =>
  type === 'string' ? {type: 'string'} : {$ref: reference(modelName(facts, type), 2)};
