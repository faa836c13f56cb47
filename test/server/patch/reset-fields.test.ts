import assert from 'node:assert/strict';
import {parseFields} from '../../../server/patch/field-set.ts';
import {resetFields} from '../../../server/patch/reset-fields.ts';

const fields = parseFields({
  'f:metadata': {'f:labels': {'.': {}, 'f:a': {}}, 'f:annotations': {'f:b': {}}},
  'f:spec': {
    'f:containers': {'k:{"name":"c"}': {'.': {}, 'f:image': {}, 'f:resources': {'f:limits': {}}}},
    'f:ephemeralContainers': {'.': {}, 'k:{"name":"e"}': {'.': {}, 'f:image': {}}},
  },
  'f:status': {'f:phase': {}},
});

describe('resetFields', () => {
  const subresources = new Map([['status', {}]]);
  const kept = (subresource: string, strategy: Parameters<typeof resetFields>[0]['strategy'] = {}): string[] => {
    const left = resetFields({subresources, strategy}, subresource)(fields);
    return Object.keys(left).flatMap(key => Object.keys(left[key]!).map(child => `${key} ${child}`));
  };

  it('leaves the status to its endpoint', () => {
    assert.deepEqual(Object.keys(resetFields({subresources}, '')(fields)), ['f:metadata', 'f:spec']);
    assert.equal(resetFields({subresources: new Map()}, '')(fields), fields);
  });

  it('takes of metadata what the kind takes through /status', () => {
    assert.deepEqual(kept('status'), ['f:metadata f:annotations', 'f:metadata f:labels', 'f:status f:phase']);
    assert.deepEqual(kept('status', {statusMetadata: 'allButLabels'}), ['f:metadata f:annotations', 'f:status f:phase']);
    assert.deepEqual(kept('status', {statusMetadata: 'none'}), ['f:status f:phase']);
  });

  it('resets nothing elsewhere, or what the kind says', () => {
    for (const subresource of ['ephemeralcontainers', 'resize']) assert.equal(resetFields({subresources}, subresource)(fields), fields);
    assert.deepEqual(Object.keys(resetFields({subresources}, 'finalize')(fields)), ['f:metadata', 'f:spec']);
    const strategy = {resetFields: {'': ['spec', 'status', 'metadata.labels']}};
    assert.deepEqual(resetFields({subresources, strategy}, '')(fields), {'f:metadata': {'f:annotations': {'f:b': {}}}});
  });
});
