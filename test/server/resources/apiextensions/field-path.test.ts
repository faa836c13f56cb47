import assert from 'node:assert/strict';
import type {JSONSchemaProps} from '../../../../server/api/kinds.generated.ts';
import {resolveFieldPath} from '../../../../server/resources/apiextensions/field-path.ts';

const schema: JSONSchemaProps = {
  type: 'object',
  properties: {
    spec: {type: 'object', properties: {size: {type: 'integer'}, 'a.b': {type: 'string'}}},
    labels: {type: 'object', additionalProperties: {type: 'string'}},
  },
};

describe('field paths', () => {
  it('lead to fields and keys', () => {
    const found = (text: string): unknown => {
      const resolved = resolveFieldPath(text, schema, {brackets: true});
      return resolved.problem ?? [resolved.path, resolved.schema.type];
    };
    assert.deepEqual(found('.spec.size'), ['spec.size', 'integer']);
    assert.deepEqual(found(".spec['a.b']"), ['spec.a.b', 'string']);
    assert.deepEqual(found('.labels.x'), ['labels[x]', 'string']);
  });

  it('say where they lead nowhere', () => {
    const problems: {[path: string]: string} = {
      spec: 'expected [ or . but got: spec',
      '.spec.': 'unexpected end of JSON path',
      '.spec.other': 'does not refer to a valid field',
      '.spec[0]': 'expected single quoted string but got 0',
      ".spec['size'": 'unexpected end of JSON path',
    };
    for (const [path, problem] of Object.entries(problems)) {
      assert.equal(resolveFieldPath(path, schema, {brackets: true}).problem, problem, path);
    }
    assert.equal(resolveFieldPath(".spec['size']", schema, {brackets: false}).problem, 'array notation is not allowed');
  });
});
