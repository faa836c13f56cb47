import assert from 'node:assert/strict';
import {findAll, memberNames, parseJsonPath} from '../../../server/extensions/json-path.ts';

const OBJECT = {
  spec: {
    list: [
      {type: 'a', n: 1},
      {type: 'b', n: 2},
    ],
    'x.y': 'dotted',
    empty: {},
  },
  status: {conditions: [{type: 'Ready', status: 'True'}]},
};

describe('JSON paths of CRDs', () => {
  const cases: [path: string, found: unknown[]][] = [
    ['.spec.list[0].n', [1]],
    ['.spec.list[-1].n', [2]],
    ['.spec.list[*].type', ['a', 'b']],
    [".spec['x.y']", ['dotted']],
    ['.spec.x\\.y', ['dotted']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    ['.status.conditions[?(@.type=="Other")].status', []],
    ['{.spec.list[1].type}', ['b']],
    ['.spec.absent.deeper', []],
    ['.spec.list[9]', []],
  ];
  for (const [path, found] of cases)
    it(`finds ${JSON.stringify(found)} at ${path}`, () => assert.deepEqual(findAll(OBJECT, parseJsonPath(path)!), found));

  it('knows paths of plain members', () => {
    assert.deepEqual(memberNames('.spec.replicas'), ['spec', 'replicas']);
    assert.equal(memberNames('.spec.list[0]'), undefined);
  });
});
