import assert from 'node:assert/strict';
import type {CustomResourceDefinition} from '../../../server/api/kinds.generated.ts';
import {customResourceDefinitions} from '../../../server/api/resource-types.generated.ts';
import {useApiServer} from '../../support/api-server.ts';

const PLURALS = Array.from({length: 12}, (_, i) => `things${i}`);
const nameOf = (plural: string) => `${plural}.names.example.com`;

describe('definitions of custom resources', () => {
  const server = useApiServer();

  it('get the names they are given while others are being looked at', async () => {
    const {client} = server.cluster;
    for (const plural of PLURALS)
      await client.create(customResourceDefinitions, {
        metadata: {name: nameOf(plural)},
        spec: {
          group: 'names.example.com',
          scope: 'Namespaced',
          names: {plural, kind: `Kind${plural}`},
          versions: [{name: 'v1', served: true, storage: true, schema: {openAPIV3Schema: {type: 'object'}}}],
        },
      } as CustomResourceDefinition);
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
});
