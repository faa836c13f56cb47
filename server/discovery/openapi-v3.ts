import {createHash} from 'node:crypto';
import type {Json, JsonObject} from '../api/json.ts';
import type {Resource} from '../resources/resource.ts';
import type {OpenApiSource} from './definitions.ts';
import {definitionsFor, modelName, reference} from './definitions.ts';
import {servedGroups} from './groups.ts';
import type {Operation, TypeName} from './operations.ts';
import {parameterType, pathParameters, shared} from './parameters.ts';
import {groupVersionPaths, type PathItem, rootPaths} from './paths.ts';

/**
 * The body of /openapi/v3: where each document is. The hash names what a document is made from, so that the index costs no document; a
 * client asks again only for what changed.
 */
export const openApiV3Index = (resources: readonly Resource[], source: OpenApiSource): JsonObject => ({
  paths: Object.fromEntries(
    documentNames(resources).map(name => [name, {serverRelativeURL: `/openapi/v3/${name}?hash=${documentHash(resources, source, name)}`}]),
  ),
});

/** The hash that the index has for a document: 128 upper-case hexadecimal digits. */
export function documentHash(resources: readonly Resource[], {facts, descriptions, customSchema}: OpenApiSource, name: string): string {
  const rows = rowsOf(resources, name).map(({schema: _schema, strategy, columns: _columns, view: _view, subresources, ...row}) => ({
    ...row,
    subresources: [...subresources.values()],
    returns: strategy.returnDeletedObject,
  }));
  const schemas = rowsOf(resources, name).map(resource => (resource.custom ? (customSchema?.(resource) ?? null) : null));
  return createHash('sha512')
    .update(JSON.stringify([facts.version, descriptions !== undefined, name, rows, schemas]))
    .digest('hex')
    .toUpperCase();
}

/** One document: `api/v1`, `apis/apps/v1`, `version`; undefined: there is none of that name. */
export function openApiV3Document(resources: readonly Resource[], source: OpenApiSource, name: string): JsonObject | undefined {
  if (!documentNames(resources).includes(name)) return undefined;
  const rows = rowsOf(resources, name);
  const items = rows.length > 0 ? groupVersionPaths(rows) : rootPaths(name);
  const operations = items.flatMap(item => item.operations);
  return {
    openapi: '3.0.0',
    info: {title: 'Kubernetes', version: source.facts.version},
    paths: Object.fromEntries(items.map(item => [item.path, pathItem(source, item)])),
    components: {
      schemas: definitionsFor(source, operations, rows, 3, rows.slice(0, 1)),
      securitySchemes: {BearerToken: {type: 'apiKey', name: 'authorization', in: 'header'}},
    },
  };
}

/** Every document's name, sorted. */
function documentNames(resources: readonly Resource[]): string[] {
  const groups = servedGroups(resources).flatMap(({group, versions}) => {
    const root = group === '' ? 'api' : `apis/${group}`;
    const own = versions.map(({version}) => `${root}/${version}`);
    return versions[0]!.resources[0]!.custom ? own : [root, ...own];
  });
  return ['.well-known/openid-configuration', 'apis', 'openid/v1/jwks', 'version', ...groups].sort();
}

/** The rows of a document named after a group-version; none for the others. */
function rowsOf(resources: readonly Resource[], name: string): Resource[] {
  const match = /^(?:api\/([^/]+)|apis\/([^/]+)\/([^/]+))$/.exec(name);
  if (!match) return [];
  const [, core, group = '', version = core] = match;
  return resources.filter(resource => resource.group === group && resource.version === version);
}

function pathItem(source: OpenApiSource, item: PathItem): JsonObject {
  const common = shared(item.operations);
  const parameters = [...common.map(queryParameter), ...pathParameters(item.path).map(pathParameter)];
  return {
    ...(parameters.length > 0 && {parameters}),
    ...Object.fromEntries(item.operations.map(operation => [operation.method, operationObject(source, operation, common)])),
  };
}

function operationObject(source: OpenApiSource, operation: Operation, common: readonly string[]): JsonObject {
  const {id, tag, action, kind, body, consumes = []} = operation;
  const parameters = operation.query.filter(name => !common.includes(name)).map(queryParameter);
  const answers = Object.entries(operation.responses).map(([code, type]): [string, Json] => [
    code,
    {description: REASONS[code]!, content: Object.fromEntries(operation.produces.map(media => [media, {schema: schemaOf(source, type)}]))},
  ]);
  return {
    tags: [tag],
    operationId: id,
    ...(parameters.length > 0 && {parameters}),
    ...(body !== undefined && {
      requestBody: {
        content: Object.fromEntries(consumes.map(media => [media, {schema: schemaOf(source, body)}])),
        ...(operation.bodyRequired === true && {required: true}),
      },
    }),
    responses: Object.fromEntries([...answers, ['401', {description: REASONS['401']!}]]),
    ...(action !== undefined && {'x-kubernetes-action': action}),
    ...(kind && {'x-kubernetes-group-version-kind': {group: kind.group, version: kind.version, kind: kind.kind}}),
  };
}

const REASONS: {readonly [code: string]: string} = {200: 'OK', 201: 'Created', 202: 'Accepted', 401: 'Unauthorized'};

const schemaOf = ({facts}: OpenApiSource, type: TypeName): JsonObject =>
  type === 'string' ? {type: 'string'} : {$ref: reference(modelName(facts, type), 3)};

const queryParameter = (name: string): JsonObject => ({name, in: 'query', schema: {type: parameterType(name), uniqueItems: true}});

const pathParameter = (name: string): JsonObject => ({name, in: 'path', required: true, schema: {type: 'string', uniqueItems: true}});
