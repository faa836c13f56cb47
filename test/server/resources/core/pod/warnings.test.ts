import assert from 'node:assert/strict';
import type {Pod, PodSpec} from '../../../../../server/api/kinds.generated.ts';
import {pod} from '../../../../../server/resources/core/pod/pod.ts';
import {rulesOf} from '../support.ts';

const {create} = rulesOf<Pod>(pod);
const warn = (spec: object, metadata: object = {}): string[] =>
  create({
    metadata: {name: 'p', namespace: 'default', ...metadata},
    spec: {containers: [{name: 'c', image: 'i'}], ...spec} as PodSpec,
  }).warnings;
const container = (fields: object) => ({containers: [{name: 'c', image: 'i', ...fields}]});

describe('warnings about pods', () => {
  it('are few', () => assert.deepEqual(warn({}), []));

  it('tell of names that are no labels', () => {
    assert.match(warn({}, {name: 'a.b'})[0]!, /^metadata\.name: this is used in the Pod's hostname.*\[must not contain dots\]$/);
  });

  it('tell of deprecated volumes and labels', () => {
    assert.deepEqual(warn({volumes: [{name: 'v', gitRepo: {repository: 'r'}}], nodeSelector: {'beta.kubernetes.io/os': 'linux'}}), [
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
      'spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+',
    ]);
  });

  it('tell of preferences for labels that no node can have', () => {
    const term = {weight: 1, preference: {matchExpressions: [{key: 'a', operator: 'In', values: ['-b']}]}};
    const [warning, ...others] = warn({affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [term]}}});
    assert.ok(
      warning!.startsWith(
        'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values[0]: -b is invalid, ',
      ),
    );
    assert.deepEqual(others, []);
  });

  it('tell of parts of bytes, ports twice and variables twice', () => {
    assert.deepEqual(warn(container({resources: {limits: {memory: '100m'}}})), [
      'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
      'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
    ]);
    assert.deepEqual(warn(container({ports: [{containerPort: 80}, {containerPort: 80}]})), [
      'spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]',
    ]);
    const env = [
      {name: 'A', value: '1'},
      {name: 'A', value: '2'},
      {name: 'A', value: '$(A)x'},
    ];
    assert.deepEqual(warn(container({env})), [
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    ]);
  });
});
