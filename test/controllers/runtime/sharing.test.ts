import assert from 'node:assert/strict';
import {createSharing} from '../../../controllers/runtime/sharing.ts';

const pod = (name: string) => ({
  metadata: {name, labels: {app: 'web'}},
  spec: {tolerations: [{key: 'a', operator: 'Exists'}], containers: [{name, resources: {requests: {cpu: '100m'}}}]},
});

describe('sharing', () => {
  it('leaves values as they are', () => {
    const share = createSharing();
    const odd = {metadata: {}, data: JSON.parse('{"__proto__": "x", "constructor": ["y"], "n": null, "z": -1.5, "b": false}')};
    for (const object of [pod('a'), odd, pod('b'), odd]) assert.deepEqual(share(object), object);
    assert.ok(Object.hasOwn(share(odd).data, '__proto__'));
  });

  it('makes equal parts of different objects the same', () => {
    const share = createSharing();
    const [a, b] = [share(pod('a')), share(pod('b'))];
    assert.equal(a.metadata.labels, b.metadata.labels);
    assert.equal(a.spec.tolerations, b.spec.tolerations);
    assert.equal(a.spec.containers[0]!.resources, b.spec.containers[0]!.resources);
    assert.notEqual(a.spec.containers[0], b.spec.containers[0]);
  });

  it('keeps what a new version of an object has in common with the last, whatever its size', () => {
    const share = createSharing();
    const version = (revision: string) => ({metadata: {revision}, data: {long: 'x'.repeat(10_000), list: [{n: revision}, {n: 'same'}]}});
    const first = share(version('1'));
    const second = share(version('2'), first);
    assert.notEqual(second.data, first.data);
    assert.equal(second.data.list[1], first.data.list[1]);
    assert.equal(share(version('2'), second).data, second.data);
  });

  it('remembers what comes again longer than what does not', () => {
    const share = createSharing(40);
    const first = share(pod('first')).metadata.labels;
    for (let i = 0; i < 50; i++) assert.equal(share(pod(`other-${i}`)).metadata.labels, first);
    for (let i = 0; i < 50; i++) share({metadata: {}, spec: {part: {i}}});
    assert.notEqual(share(pod('last')).metadata.labels, first);
  });

  it('gives frozen objects', () => {
    const shared = createSharing()(pod('a'));
    for (const part of [shared, shared.metadata, shared.spec, shared.spec.containers, shared.spec.containers[0]])
      assert.ok(Object.isFrozen(part));
  });
});
