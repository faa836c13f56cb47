import assert from 'node:assert/strict';
import {loadFacts} from '../../../openapi/facts.ts';
import {schemasOf} from '../../../openapi/schemas.ts';
import {aggregatedDiscovery, etagOf} from '../../../server/discovery/aggregated.ts';
import {apiGroup, apiGroupList, apiResourceList, apiVersions, compareVersions, servedGroups} from '../../../server/discovery/groups.ts';
import type {Resource} from '../../../server/resources/resource.ts';
import {customResource, resourcesOf} from './resources.ts';

const facts = loadFacts();
const resources = resourcesOf(facts, schemasOf(facts));

describe('group discovery', () => {
  it('lists every resource as the facts have it, storage version hashes included', () => {
    for (const {group, version, resources: rows} of facts.discovery)
      assert.deepEqual(apiResourceList(resources, group, version)!.resources, rows);
  });

  it('has an apiVersion everywhere but in the core group', () => {
    assert.equal(apiResourceList(resources, '', 'v1')!.apiVersion, undefined);
    assert.equal(apiResourceList(resources, 'apps', 'v1')!.apiVersion, 'v1');
    assert.deepEqual(apiVersions(resources, 'h:1'), {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{clientCIDR: '0.0.0.0/0', serverAddress: 'h:1'}],
    });
  });

  it('knows no group that is not served', () => {
    assert.equal(apiGroup(resources, 'nope'), undefined);
    assert.equal(apiGroup(resources, ''), undefined);
    assert.equal(apiResourceList(resources, 'apps', 'v2'), undefined);
  });

  it('prefers autoscaling/v2', () => {
    assert.deepEqual(apiGroup(resources, 'autoscaling')!.preferredVersion, {groupVersion: 'autoscaling/v2', version: 'v2'});
  });

  it('puts groups of custom resources last, by name, and their versions in the order of preference', () => {
    const custom = ['v1alpha1', 'v10', 'v2', 'v1beta2'].map(version => customResource({group: 'z.example.com', version}));
    const all: Resource[] = [...resources, ...custom, customResource({group: 'a.example.com', version: 'v1'})];
    const groups = (apiGroupList(all).groups as {name: string}[]).map(({name}) => name);
    assert.deepEqual(groups.slice(-2), ['a.example.com', 'z.example.com']);
    assert.deepEqual(
      servedGroups(all)
        .at(-1)!
        .versions.map(({version}) => version),
      ['v10', 'v2', 'v1beta2', 'v1alpha1'],
    );
  });

  it('orders odd versions last, by name', () => {
    assert.deepEqual(['foo', 'v1', 'bar', 'v11beta2', 'v2alpha1'].sort(compareVersions), ['v1', 'v11beta2', 'v2alpha1', 'bar', 'foo']);
  });
});

describe('aggregated discovery', () => {
  it('holds the core group in /api and the others in /apis', () => {
    const items = (root: 'api' | 'apis') => aggregatedDiscovery(resources, root).items as {metadata: {name?: string}}[];
    assert.deepEqual(
      items('api').map(({metadata}) => metadata),
      [{}],
    );
    assert.equal(items('apis').length, facts.discovery.filter(({group, version}) => group !== '' && version !== 'v2').length);
  });

  it('names kinds fully only where they are foreign or custom', () => {
    const text = JSON.stringify(aggregatedDiscovery([...resources, customResource({group: 'a.example.com', version: 'v1'})], 'apis'));
    assert.ok(text.includes('"responseKind":{"group":"","version":"","kind":"Deployment"}'));
    assert.ok(text.includes('"responseKind":{"group":"autoscaling","version":"v1","kind":"Scale"}'));
    assert.ok(text.includes('"responseKind":{"group":"a.example.com","version":"v1","kind":"Widget"}'));
  });

  it('has an ETag that follows its content', () => {
    const document = aggregatedDiscovery(resources, 'apis');
    assert.match(etagOf(document), /^"[0-9A-F]{128}"$/);
    assert.equal(etagOf(document), etagOf(aggregatedDiscovery(resources, 'apis')));
    assert.notEqual(etagOf(document), etagOf(aggregatedDiscovery(resources, 'api')));
  });
});
