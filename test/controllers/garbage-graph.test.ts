import assert from 'node:assert/strict';
import {blockingDependents, createGraph, FOREGROUND, ORPHAN} from '../../controllers/garbage-graph.ts';
import type {ObjectMeta} from '../../server/api/object.ts';

const identity = (name: string, namespace = 'n') => ({apiVersion: 'v1', kind: 'ConfigMap', namespace, name, uid: `uid-${name}`});
const owned = (...owners: string[]): ObjectMeta => ({
  ownerReferences: owners.map(name => ({apiVersion: 'v1', kind: 'ConfigMap', name, uid: `uid-${name}`, blockOwnerDeletion: true})),
});
const deleting = (finalizer: string): ObjectMeta => ({deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [finalizer]});

describe('garbage graph', () => {
  it('asks for an owner that was not seen', () => {
    const graph = createGraph();
    assert.deepEqual(graph.put(identity('child'), owned('owner')).delete, ['uid-owner']);
    assert.equal(graph.get('uid-owner')!.virtual, true);
    assert.deepEqual(graph.put(identity('owner'), {}).delete, []);
    assert.equal(graph.get('uid-owner')!.virtual, false);
    assert.deepEqual(graph.put(identity('other'), owned('owner')).delete, []);
  });

  it('looks at dependents when their owner is gone', () => {
    const graph = createGraph();
    graph.put(identity('owner'), {});
    graph.put(identity('a'), owned('owner'));
    graph.put(identity('b'), owned('owner'));
    assert.deepEqual(graph.remove('uid-owner').delete, ['uid-a', 'uid-b']);
    graph.remove('uid-a');
    graph.remove('uid-b');
    assert.equal(graph.get('uid-owner'), undefined, 'forgotten with its last dependent');
  });

  it('holds an owner that is deleted in the foreground until blocking dependents are gone', () => {
    const graph = createGraph();
    graph.put(identity('owner'), {});
    graph.put(identity('a'), owned('owner'));
    assert.deepEqual(graph.put(identity('owner'), deleting(FOREGROUND)).delete, ['uid-a', 'uid-owner']);
    assert.deepEqual(
      blockingDependents(graph.get('uid-owner')!).map(node => node.identity.name),
      ['a'],
    );
    assert.deepEqual(graph.remove('uid-a').delete, ['uid-owner']);
    assert.deepEqual(blockingDependents(graph.get('uid-owner')!), []);
  });

  it('orphans', () => {
    const graph = createGraph();
    graph.put(identity('owner'), {});
    assert.deepEqual(graph.put(identity('owner'), deleting(ORPHAN)).orphan, ['uid-owner']);
  });

  it('tells a reference to an object of another namespace', () => {
    const graph = createGraph();
    graph.put(identity('owner', 'elsewhere'), {});
    const {delete: uids, crossNamespace} = graph.put(identity('child'), owned('owner'));
    assert.deepEqual(uids, ['uid-child']);
    assert.equal(crossNamespace.length, 1);
  });

  it('looks again when references are taken away', () => {
    const graph = createGraph();
    graph.put(identity('one'), {});
    graph.put(identity('two'), {});
    graph.put(identity('child'), owned('one', 'two'));
    assert.deepEqual(graph.put(identity('child'), owned('two')).delete, ['uid-child']);
    assert.deepEqual(graph.remove('uid-one').delete, []);
  });
});
