import assert from 'node:assert/strict';
import type {ResourceType} from '../../../server/api/client.ts';
import type {CustomResourceDefinition} from '../../../server/api/kinds.generated.ts';
import {customResourceDefinitions} from '../../../server/api/resource-types.generated.ts';
import {useApiServer} from '../../support/api-server.ts';

const definitionOf = (plural: string): CustomResourceDefinition => ({
  metadata: {name: nameOf(plural)},
  spec: {
    group: 'names.example.com',
    scope: 'Namespaced',
    names: {plural, kind: `Kind${plural}`},
    versions: [{name: 'v1', served: true, storage: true, schema: {openAPIV3Schema: {type: 'object'}}}],
  },
});
const PLURALS = Array.from({length: 12}, (_, i) => `things${i}`);
const nameOf = (plural: string) => `${plural}.names.example.com`;

describe('definitions of custom resources', () => {
  const server = useApiServer();

  it('get the names they are given while others are being looked at', async () => {
    const {client} = server.cluster;
    for (const plural of PLURALS) await client.create(customResourceDefinitions, definitionOf(plural));
    await server.cluster.settled();
    for (const plural of PLURALS) {
      const patch = {spec: {names: {singular: `one-${plural}`}}};
      await client.patch(customResourceDefinitions, {name: nameOf(plural)}, {type: 'merge', patch});
    }
    await server.cluster.settled();
    for (const plural of PLURALS) {
      const {status} = await client.get(customResourceDefinitions, {name: nameOf(plural)});
      assert.equal(status!.acceptedNames!.singular, `one-${plural}`);
    }
  });

  it('come to rest while several wait for their last objects', async () => {
    const {client} = server.cluster;
    const plurals = ['holders', 'keepers'];
    const typeOf = (plural: string): ResourceType => ({
      group: 'names.example.com',
      version: 'v1',
      kind: `Kind${plural}`,
      resource: plural,
      namespaced: true,
    });
    const one = {name: 'one', namespace: 'default'};
    for (const plural of plurals) await client.create(customResourceDefinitions, definitionOf(plural));
    await server.cluster.settled();
    for (const plural of plurals) await client.create(typeOf(plural), {metadata: {...one, finalizers: ['example.com/hold']}});
    await Promise.all(plurals.map(plural => client.delete(customResourceDefinitions, {name: nameOf(plural)})));
    await server.cluster.settled();
    for (const plural of plurals) await client.patch(typeOf(plural), one, {type: 'merge', patch: {metadata: {finalizers: null}}});
    await server.cluster.settled();
    const {items} = await client.list(customResourceDefinitions);
    assert.deepEqual(
      items.filter(({spec}) => plurals.includes(spec.names.plural)),
      [],
    );
  });
});
