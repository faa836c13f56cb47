import assert from 'node:assert/strict';
import type {JsonObject} from '../../../../server/api/json.ts';
import type {PodSpec} from '../../../../server/api/kinds.generated.ts';
import {internalPodSpec, internalPodTemplate} from '../../../../server/resources/core/internal-pod.ts';

describe('internal forms of pods', () => {
  const spec: PodSpec = {
    hostNetwork: true,
    containers: [{name: 'c', image: 'i', env: [{name: 'E'}]}],
    volumes: [{name: 'v', emptyDir: {}}],
  };

  it('have what concerns the host in the security context', () => {
    const shown = internalPodSpec(spec) as JsonObject;
    const {HostNetwork, HostPID, RunAsUser} = shown.SecurityContext as JsonObject;
    assert.deepEqual([HostNetwork, HostPID, RunAsUser], [true, false, null]);
    assert.equal('HostNetwork' in shown, false);
  });

  it('show all of containers and volumes', () => {
    const {Containers, Volumes} = internalPodSpec(spec) as {Containers: JsonObject[]; Volumes: JsonObject[]};
    assert.deepEqual(Containers[0]!.Env, [{Name: 'E', Value: '', ValueFrom: null}]);
    assert.deepEqual(Volumes[0]!.EmptyDir, {Medium: '', SizeLimit: null});
    assert.equal(Volumes[0]!.HostPath, null);
  });

  it('keep metadata in its JSON form', () => {
    assert.deepEqual(Object.keys(internalPodTemplate({metadata: {labels: {a: 'b'}}, spec})), ['labels', 'Spec']);
  });
});
