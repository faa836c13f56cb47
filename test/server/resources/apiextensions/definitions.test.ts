import assert from 'node:assert/strict';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from '../../../../server/api/kinds.generated.ts';
import type {KubeObject, ObjectMeta} from '../../../../server/api/object.ts';
import {apiextensions} from '../../../../server/resources/apiextensions/index.ts';
import {validateObjectMeta} from '../../../../server/resources/metadata.ts';
import {rulesOf} from '../core/support.ts';

const {create, update} = rulesOf<CustomResourceDefinition>(apiextensions.CustomResourceDefinition!);

function definition(
  change: Partial<CustomResourceDefinitionSpec> = {},
  version: Partial<CustomResourceDefinitionVersion> = {},
): CustomResourceDefinition {
  return {
    metadata: {name: 'things.example.com'},
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: {plural: 'things', kind: 'Thing'},
      versions: [{name: 'v1', served: true, storage: true, schema: {openAPIV3Schema: {type: 'object'}}, ...version}],
      ...change,
    },
  };
}

/** Errors of a property `a` with this schema, at their places below it. */
const errorsOf = (schema: JSONSchemaProps): string[] =>
  create(definition({}, {schema: {openAPIV3Schema: {type: 'object', properties: {a: schema}}}})).errors.map(error =>
    error.replace('spec.validation.openAPIV3Schema.properties[a]', 'a'),
  );

describe('custom resource definitions', () => {
  it('complete their names and remember the version that is stored', () => {
    const {object, errors} = create(definition());
    assert.deepEqual(errors, []);
    assert.deepEqual(object.spec.names, {plural: 'things', kind: 'Thing', singular: 'thing', listKind: 'ThingList'});
    assert.deepEqual(object.spec.conversion, {strategy: 'None'});
    assert.deepEqual(object.status!.storedVersions, ['v1']);
  });

  it('are named by plural and group', () => {
    const [strategy, object] = [apiextensions.CustomResourceDefinition!, definition() as unknown as KubeObject];
    const told = (metadata: ObjectMeta): string[] =>
      validateObjectMeta(metadata, {namespaced: false, strategy}, '', object).map(({field, message}) => `${field}: ${message}`);
    const wrong = 'Invalid value: "x.example.com": must be spec.names.plural+"."+spec.group';
    assert.deepEqual(told({generateName: 'x.example.com', name: 'x.example.com'}), [`generateName: ${wrong}`, `name: ${wrong}`]);
    assert.deepEqual(told({}), ['name: Required value: name or generateName is required']);
    assert.deepEqual(told({name: 'things.example.com'}), []);
  });

  it('store one version', () => {
    const [v1] = definition().spec.versions;
    const {errors} = create(definition({versions: [v1!, {...v1!, name: 'v2'}]}));
    assert.match(
      errors[0]!,
      /^spec\.versions: Invalid value: \[\{"Name":"v1",.*\]: must have exactly one version marked as storage version$/,
    );
    assert.deepEqual(errors.slice(1), ['status.storedVersions: Invalid value: ["v1"]: must have the storage version v2']);
  });

  it('keep their group and names', () => {
    const {errors} = update(definition(), object => {
      object.spec.group = 'other.example.com';
    });
    assert.deepEqual(errors, ['spec.group: Invalid value: "other.example.com": field is immutable']);
  });

  it('ask for approval in groups of Kubernetes', () => {
    const {errors} = create({...definition({group: 'a.k8s.io'}), metadata: {name: 'things.a.k8s.io'}});
    assert.match(errors[0]!, /^metadata\.annotations\[api-approved\.kubernetes\.io\]: Required value: protected groups must have/);
  });

  it('convert by a webhook that is somewhere', () => {
    assert.deepEqual(create(definition({conversion: {strategy: 'Webhook'}})).errors, [
      'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
      'spec.conversion.conversionReviewVersions: Required value',
    ]);
  });

  it('show columns and fields that are there', () => {
    const {errors} = create(
      definition(
        {},
        {
          additionalPrinterColumns: [{name: 'a', type: 'text', jsonPath: 'spec.a'}],
          selectableFields: [{jsonPath: '.spec.a'}],
          subresources: {scale: {specReplicasPath: '.a', statusReplicasPath: ''}},
        },
      ),
    );
    assert.deepEqual(errors, [
      'spec.subresources.scale.specReplicasPath: Invalid value: ".a": should be a json path under .spec',
      'spec.subresources.scale.statusReplicasPath: Required value',
      'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.a": must be a simple json path starting with .',
      'spec.selectableFields[0].jsonPath: Invalid value: ".spec.a": is an invalid path: does not refer to a valid field',
    ]);
  });

  it('warn of formats nobody checks', () => {
    const schema = {openAPIV3Schema: {type: 'object', properties: {a: {type: 'string', format: 'x'}, b: {type: 'string', format: 'date'}}}};
    assert.deepEqual(create(definition({}, {schema})).warnings, ['unrecognized format "x"']);
  });
});

describe('structural schemas', () => {
  it('say the type of everything', () => {
    assert.deepEqual(errorsOf({}), ['a.type: Required value: must not be empty for specified object fields']);
    assert.deepEqual(errorsOf({'x-kubernetes-int-or-string': true}), []);
    assert.deepEqual(errorsOf({type: 'array'}), ['a.items: Required value: must be specified']);
    assert.deepEqual(errorsOf({type: 'text'}), [
      'a.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"',
    ]);
  });

  it('keep shapes out of anyOf and its like', () => {
    assert.deepEqual(errorsOf({type: 'object', anyOf: [{type: 'string'}]}), ['a.anyOf[0].type: Forbidden: must be empty to be structural']);
    const openAPIV3Schema = {type: 'object', allOf: [{properties: {b: {minLength: 1}}}]};
    assert.deepEqual(create(definition({}, {schema: {openAPIV3Schema}})).errors, [
      'spec.validation.openAPIV3Schema.properties[b]: Required value: because it is defined in spec.validation.openAPIV3Schema.allOf[0].properties[b]',
    ]);
    assert.deepEqual(errorsOf({'x-kubernetes-int-or-string': true, anyOf: [{type: 'integer'}, {type: 'string'}]}), []);
    assert.deepEqual(errorsOf({'x-kubernetes-int-or-string': true, anyOf: [{type: 'integer', example: 1}, {type: 'string'}]}), []);
  });

  it('have patterns of RE2', () => {
    assert.deepEqual(errorsOf({type: 'string', pattern: '(?=x)'}), [
      `a.pattern: Invalid value: "(?=x)": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: \`(?=\``,
    ]);
  });

  it('find items of lists by keys that are there', () => {
    const list = {type: 'array', 'x-kubernetes-list-type': 'map', items: {type: 'object', properties: {k: {type: 'string'}}}};
    assert.deepEqual(errorsOf(list), ['a.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map']);
    assert.deepEqual(errorsOf({...list, 'x-kubernetes-list-map-keys': ['k']}), [
      'a.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
    ]);
  });

  it('have defaults that fit', () => {
    assert.deepEqual(errorsOf({type: 'integer', minimum: 5, default: 1}), [
      'a.default: Invalid value: 1:  in body should be greater than or equal to 5',
    ]);
    assert.deepEqual(errorsOf({type: 'object', default: {x: 1}}), ['a.default: Invalid value: {"x":1}: must not have unknown fields']);
    assert.deepEqual(errorsOf({type: 'array', items: {type: 'string'}, default: [1]}), [
      'a.default.[0]: Invalid value: "integer": [0] in body must be of type string: "integer"',
    ]);
  });

  it('have defaults that keep the rules, of whatever type they are', () => {
    const ruled = (schema: object, value: unknown, rule: string) =>
      errorsOf({...schema, default: value, 'x-kubernetes-validations': [{rule, message: 'no'}]} as JSONSchemaProps);
    const list = {type: 'array', maxItems: 3, items: {type: 'string', maxLength: 3}};
    assert.deepEqual(ruled({type: 'integer'}, 5, 'self >= 5'), []);
    assert.deepEqual(ruled({type: 'integer'}, 5, 'self > 5'), ['a.default: Invalid value: 5: no']);
    assert.deepEqual(ruled({type: 'string', maxLength: 9}, 'abc', "self.startsWith('a')"), []);
    assert.deepEqual(ruled(list, ['b'], "self.exists(x, x == 'a')"), ['a.default: Invalid value: no']);
    assert.deepEqual(ruled({type: 'integer'}, 5, 'self > oldSelf'), ['a.default: Invalid value: 5: no']);
  });
});
