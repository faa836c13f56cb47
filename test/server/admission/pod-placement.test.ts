import assert from 'node:assert/strict';
import {extendedResourceToleration, limitPodHardAntiAffinityTopology, podNodeSelector} from '../../../server/admission/pod-placement.ts';
import type {Pod} from '../../../server/api/kinds.generated.ts';
import {ask} from './ask.ts';

const pod = (spec: object = {}) => ({metadata: {name: 'p'}, spec: {containers: [{name: 'c'}], ...spec}});
const specOf = ({object}: {object: object}): Pod['spec'] => (object as Pod).spec;

describe('server/admission/pod-placement', () => {
  it('lets nobody keep more than a host to themselves', async () => {
    const spread = (topologyKey: string) =>
      pod({affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey}]}}});
    const of = (object: object) => ask(limitPodHardAntiAffinityTopology, {resource: 'pods', object});
    assert.equal((await of(spread('kubernetes.io/hostname'))).message, undefined);
    assert.equal((await of(pod())).message, undefined);
    assert.equal(
      (await of(spread('topology.kubernetes.io/zone'))).message,
      'pods "p" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey topology.kubernetes.io/zone but only key kubernetes.io/hostname is allowed',
    );
  });

  it('lets users of devices on their nodes', async () => {
    const requests = {cpu: '1', 'nvidia.com/gpu': '1', 'kubernetes.io/x': '1'};
    const own = {key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule'};
    const object = pod({
      containers: [{name: 'c', resources: {requests}}],
      initContainers: [{name: 'i', resources: {requests: {'a.io/b': '1'}}}],
      tolerations: [own],
    });
    const reply = await ask(extendedResourceToleration, {resource: 'pods', object});
    assert.deepEqual(specOf(reply).tolerations, [{key: 'a.io/b', operator: 'Exists', effect: 'NoSchedule'}, own]);
    assert.equal(specOf(await ask(extendedResourceToleration, {resource: 'pods', object: pod()})).tolerations, undefined);
  });

  describe('a namespace with nodes of its own', () => {
    const of = (object: object, annotation = 'zone=a, disk=ssd') =>
      ask(podNodeSelector, {
        resource: 'pods',
        object,
        world: {'namespaces n': {metadata: {annotations: {'scheduler.alpha.kubernetes.io/node-selector': annotation}}}},
      });

    it('keeps its pods there', async () => {
      assert.deepEqual(specOf(await of(pod({nodeSelector: {disk: 'ssd', os: 'x'}}))).nodeSelector, {zone: 'a', disk: 'ssd', os: 'x'});
      assert.equal(specOf(await of(pod(), '')).nodeSelector, undefined);
    });

    it('refuses those that want to be elsewhere', async () => {
      const {message} = await of(pod({nodeSelector: {zone: 'b'}}));
      assert.equal(message, 'pods "p" is forbidden: pod node label selector conflicts with its namespace node label selector');
      assert.match((await of(pod(), 'nonsense')).message!, /invalid selector/);
    });
  });
});
