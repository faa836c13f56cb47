import assert from 'node:assert/strict';
import protobuf from 'protobufjs/minimal.js';
import {loadFacts} from '../../../openapi/facts.ts';
import {schemasOf} from '../../../openapi/schemas.ts';
import type {Json, JsonObject} from '../../../server/api/json.ts';
import type {OpenApiSource} from '../../../server/discovery/definitions.ts';
import {openApiV2Document} from '../../../server/discovery/openapi-v2.ts';
import {encodeOpenApiV2} from '../../../server/discovery/openapi-v2-protobuf.ts';
import {openApiV3Document, openApiV3Index} from '../../../server/discovery/openapi-v3.ts';
import {customResource, resourcesOf} from './resources.ts';

const facts = loadFacts();
const resources = resourcesOf(facts, schemasOf(facts));
const source: OpenApiSource = {facts, descriptions: undefined};

/** A value by its path; the keys may hold dots and slashes. */
const at = (value: Json | undefined, ...path: string[]): Json | undefined =>
  path.reduce<Json | undefined>((node, key) => (node as JsonObject | undefined)?.[key], value);
const dangling = (document: JsonObject): string[] => {
  const references = new Set([...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(match => match[1]!));
  return [...references].filter(path => {
    const [head, ...rest] = path.split('/');
    const keys = head === 'components' ? [head, rest[0]!, rest.slice(1).join('/')] : [head!, rest.join('/')];
    return at(document, ...keys) === undefined;
  });
};
const names = Object.keys(openApiV3Index(resources, source).paths as JsonObject);

describe('OpenAPI v3', () => {
  it('indexes a document per group and group-version, with a hash', () => {
    assert.equal(names.length, 5 + 2 * facts.discovery.length - 2);
    assert.match(
      at(openApiV3Index(resources, source), 'paths', 'apis/apps/v1', 'serverRelativeURL') as string,
      /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/,
    );
    assert.equal(openApiV3Document(resources, source, 'apis/nope/v1'), undefined);
  });

  it('refers to nothing that a document does not hold', () => {
    for (const name of names) assert.deepEqual(dangling(openApiV3Document(resources, source, name)!), [], name);
  });

  it('together holds every definition', () => {
    const held = new Set(
      names.flatMap(name => Object.keys(at(openApiV3Document(resources, source, name), 'components', 'schemas') as JsonObject)),
    );
    assert.deepEqual(
      [...held].sort(),
      Object.keys(facts.definitions)
        .map(name => `io.k8s.${name}`)
        .sort(),
    );
  });

  it('names operations and lets PATCH declare fieldValidation, which kubectl looks for', () => {
    const apps = openApiV3Document(resources, source, 'apis/apps/v1')!;
    const deployment = at(apps, 'paths', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}')!;
    const patch = at(deployment, 'patch') as {operationId: string; parameters: {name: string}[]; 'x-kubernetes-action': string};
    assert.equal(patch.operationId, 'patchAppsV1NamespacedDeployment');
    assert.ok(patch.parameters.some(({name}) => name === 'fieldValidation'));
    assert.deepEqual(
      (at(deployment, 'parameters') as {name: string}[]).map(({name}) => name),
      ['pretty', 'namespace', 'name'],
    );
    assert.equal(
      at(apps, 'paths', '/apis/apps/v1/namespaces/{namespace}/deployments', 'delete', 'operationId'),
      'deleteAppsV1CollectionNamespacedDeployment',
    );
  });

  it('gives fields their defaults, list types and references', () => {
    const schemas = at(openApiV3Document(resources, source, 'api/v1'), 'components', 'schemas')!;
    assert.deepEqual(at(schemas, 'io.k8s.api.core.v1.ServiceSpec', 'properties', 'ports'), {
      type: 'array',
      items: {default: {}, allOf: [{$ref: '#/components/schemas/io.k8s.api.core.v1.ServicePort'}]},
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-patch-merge-key': 'port',
      'x-kubernetes-patch-strategy': 'merge',
    });
    assert.deepEqual(at(schemas, 'io.k8s.api.core.v1.Pod', 'x-kubernetes-group-version-kind'), [{group: '', kind: 'Pod', version: 'v1'}]);
  });

  it('carries descriptions where there are any', () => {
    const described = {...source, descriptions: {'api.core.v1.Pod': {'': 'A pod.', spec: 'What it should be.'}}};
    const pod = at(openApiV3Document(resources, described, 'api/v1'), 'components', 'schemas', 'io.k8s.api.core.v1.Pod')!;
    assert.deepEqual([at(pod, 'description'), at(pod, 'properties', 'spec', 'description')], ['A pod.', 'What it should be.']);
  });

  it('documents custom resources, from their schema or as open objects', () => {
    const widget = customResource({group: 'stable.example.com', version: 'v1'});
    const all = [...resources, widget];
    const schema = {type: 'object', properties: {spec: {type: 'object'}}};
    const document = openApiV3Document(all, {...source, customSchema: () => schema}, 'apis/stable.example.com/v1')!;
    assert.deepEqual(dangling(document), []);
    const model = at(document, 'components', 'schemas', 'com.example.stable.v1.Widget')!;
    assert.deepEqual(Object.keys(at(model, 'properties') as JsonObject), ['spec', 'apiVersion', 'kind', 'metadata']);
    assert.equal(
      at(document, 'paths', '/apis/stable.example.com/v1/namespaces/{namespace}/widgets', 'get', 'operationId'),
      'listStableExampleComV1NamespacedWidget',
    );
    assert.equal(at(document, 'paths', '/apis/stable.example.com/v1/watch/widgets'), undefined);
    const hash = (from: OpenApiSource) => at(openApiV3Index(all, from), 'paths', 'apis/stable.example.com/v1', 'serverRelativeURL');
    assert.notEqual(hash(source), hash({...source, customSchema: () => schema}));
  });

  it('documents custom resources of groups whose names look like built-in ones', () => {
    const all = [...resources, customResource({group: 'gateway.networking.k8s.io', version: 'v1'})];
    const document = openApiV3Document(all, {...source, customSchema: () => ({type: 'object'})}, 'apis/gateway.networking.k8s.io/v1')!;
    assert.deepEqual(dangling(document), []);
    const model = at(document, 'components', 'schemas', 'io.k8s.networking.gateway.v1.Widget', 'x-kubernetes-group-version-kind');
    assert.deepEqual(model, [{group: 'gateway.networking.k8s.io', kind: 'Widget', version: 'v1'}]);
    const definitions = at(openApiV2Document(all, source), 'definitions') as JsonObject;
    assert.ok(definitions['io.k8s.networking.gateway.v1.Widget']);
  });
});

describe('OpenAPI v2', () => {
  const document = openApiV2Document(resources, source);

  it('holds all paths and definitions, without defaults and allOf', () => {
    assert.equal(Object.keys(document.paths as JsonObject).length, 408);
    assert.equal(Object.keys(document.definitions as JsonObject).length, Object.keys(facts.definitions).length);
    const definitions = JSON.stringify(document.definitions);
    assert.ok(!/"default":(""|0|false|\{\})|"(allOf|oneOf)":\[/.test(definitions));
    assert.deepEqual(at(document, 'definitions', 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'), {
      type: 'string',
      format: 'int-or-string',
    });
    assert.deepEqual(dangling(document), []);
  });

  it('has a protobuf form', () => {
    const reader = protobuf.Reader.create(encodeOpenApiV2(document));
    const lengths = new Map<number, number>();
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      assert.equal(tag & 7, 2);
      lengths.set(tag >>> 3, reader.bytes().length);
    }
    assert.deepEqual([...lengths.keys()], [1, 2, 8, 9, 10, 12, 13]);
    assert.ok(lengths.get(9)! > 100_000);
  });
});
