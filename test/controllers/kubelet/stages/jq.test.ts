import assert from 'node:assert/strict';
import {compileQuery, QueryError} from '../../../../controllers/kubelet/stages/jq.ts';
import type {Json} from '../../../../server/api/json.ts';

const POD: Json = {
  metadata: {annotations: {'a.b/c': 'x'}, ownerReferences: [{kind: 'Job'}, {kind: 'Node'}]},
  status: {
    conditions: [
      {type: 'Ready', status: 'True'},
      {type: 'Initialized', status: 'False'},
    ],
    count: 3,
  },
};

const CASES: [string, Json[]][] = [
  ['.status.count', [3]],
  ['.missing.deeper', [null]],
  ['.metadata.annotations["a.b/c"]', ['x']],
  ['.metadata.ownerReferences.[].kind', ['Job', 'Node']],
  ['.metadata.ownerReferences[1].kind', ['Node']],
  ['.status.conditions.[] | select( .type == "Ready" ) | .status', ['True']],
  ['.status.conditions[] | select(.type == "Ready" and .status != "True")', []],
  ['.status.conditions | length', [2]],
  ['.status.conditions | any(.status == "False")', [true]],
  ['.status.missing // "fallback"', ['fallback']],
  ['.missing.[]', []],
  ['.status | has("count")', [true]],
  ['.metadata.annotations["a.b/c"] | startswith("x") | not', [false]],
  ['.status.count > 2 or false', [true]],
  ['[.metadata.ownerReferences[] | .kind]', [['Job', 'Node']]],
];

describe('expressions of Stages', () => {
  for (const [text, want] of CASES) it(text, () => assert.deepEqual(compileQuery(text)(POD), want));

  for (const text of ['.a |', 'frobnicate', '.a[', '(.a', '.a ~ .b', 'select'])
    it(`refuses ${text}`, () => assert.throws(() => compileQuery(text), QueryError));
});
