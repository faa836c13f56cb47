import assert from 'node:assert/strict';
import type {JSONSchemaProps} from '../../../server/api/kinds.generated.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import {versionView} from '../../../server/extensions/version-view.ts';
import {structural} from '../../../server/schema/structural.ts';

const schema = (properties: object) =>
  structural({type: 'object', properties: {spec: {type: 'object', properties}}} as unknown as JSONSchemaProps);

const kind = (version: string) => ({group: 'example.com', version, kind: 'Widget'});

const view = (own: string, hub: string, conversion?: 'Webhook') =>
  versionView({
    own: kind(own),
    hub: kind(hub),
    schemas: new Map([
      ['v1', schema({a: {type: 'string'}, old: {type: 'string', default: 'set'}})],
      ['v2', schema({a: {type: 'string'}, fresh: {type: 'string', default: 'set'}})],
    ]),
    conversion: conversion && {strategy: conversion, webhook: {conversionReviewVersions: ['v1'], clientConfig: {}}},
    review: async (_webhook, objects, apiVersion) =>
      objects.map(object => (object.apiVersion === apiVersion ? object : {...object, apiVersion, spec: {a: 'asked', unknown: 1}})),
  });

const object = (version: string, spec: KubeObject['spec']): KubeObject => ({
  apiVersion: `example.com/${version}`,
  kind: 'Widget',
  metadata: {name: 'w'},
  spec,
});

describe('views of stored custom resources', () => {
  it('have the defaults of the version they were stored in', () => {
    assert.deepEqual(view('v1', 'v1').fromHub(object('v1', {a: 'x'})).spec, {a: 'x', old: 'set'});
  });

  it('drop what another version does not know, and take no defaults of it', () => {
    assert.deepEqual(view('v2', 'v1').fromHub(object('v1', {a: 'x'})), object('v2', {a: 'x'}));
  });

  it('read what an older storage version left', () => {
    assert.deepEqual(view('v2', 'v2').fromHub(object('v1', {a: 'x'})), object('v2', {a: 'x'}));
  });

  it('store in the storage version', () => {
    assert.deepEqual(view('v2', 'v1').toHub(object('v2', {a: 'x', fresh: 'y'})), object('v1', {a: 'x'}));
    const same = object('v1', {a: 'x'});
    assert.equal(view('v1', 'v1').toHub(same), same);
  });

  it('ask a webhook for other versions only, and prune what it answers', async () => {
    const {conversion} = view('v2', 'v1', 'Webhook');
    const [first, second] = await conversion!.fromHub([object('v1', {a: 'x'}), object('v2', {a: 'y'})]);
    assert.deepEqual(first, object('v2', {a: 'asked'}));
    assert.deepEqual(second, object('v2', {a: 'y', fresh: 'set'}));
    assert.deepEqual(await conversion!.toHub([object('v1', {a: 'x'})]), [object('v1', {a: 'x'})]);
  });
});
