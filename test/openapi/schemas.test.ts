import assert from 'node:assert/strict';
import {loadFacts} from '../../openapi/facts.ts';
import {schemasOf} from '../../openapi/schemas.ts';
import type {Schema, StructSchema} from '../../server/schema/schema.ts';

const facts = loadFacts();
const schemas = schemasOf(facts);

describe('schemas', () => {
  it('build every definition, with every property the OpenAPI documents have', () => {
    for (const [name, definition] of Object.entries(facts.definitions)) {
      const node = schemas.definition(name);
      assert.ok(node, name);
      if (node.type === 'struct') assert.deepEqual([...node.fields.keys()].sort(), Object.keys(definition.p ?? {}).sort(), name);
    }
  });

  it('know kinds, lists, options and subresource kinds', () => {
    const name = (group: string, version: string, kind: string) => schemas.forKind({group, version, kind})?.name;
    assert.equal(name('', 'v1', 'PodList'), 'api.core.v1.PodList');
    assert.equal(name('autoscaling', 'v1', 'Scale'), 'api.autoscaling.v1.Scale');
    assert.equal(name('policy', 'v1', 'Eviction'), 'api.policy.v1.Eviction');
    assert.equal(name('', 'v1', 'DeleteOptions'), 'apimachinery.pkg.apis.meta.v1.DeleteOptions');
    assert.equal(name('apps', 'v1', 'Nope'), undefined);
  });

  it('share nodes, recursive ones too', () => {
    const props = schemas.definition('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps') as StructSchema;
    assert.equal(props.fields.get('not')!.schema, props);
    const or: Schema = props.fields.get('additionalProperties')!.schema;
    assert.equal(or.type === 'schemaOrBool' && or.object, props);
  });

  it('carry list types, merge keys, defaults and flags', () => {
    const {fields} = schemas.definition('api.core.v1.ServiceSpec') as StructSchema;
    const {schema, patchMergeKey, patchStrategy, pointer, omitempty, number} = fields.get('ports')!;
    assert.deepEqual(
      [schema.type === 'list' && schema.keys, patchMergeKey, patchStrategy, pointer, omitempty, number],
      [['port', 'protocol'], 'port', 'merge', true, true, 1],
    );
    const port = schema.type === 'list' && schema.items.type === 'struct' && schema.items.fields;
    assert.ok(port);
    assert.deepEqual([port.get('protocol')!.default, port.get('port')!.omitempty, port.get('port')!.required], ['TCP', false, true]);
  });
});
