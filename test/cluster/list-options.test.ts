import assert from 'node:assert/strict';
import type {JsonObject} from '../../server/api/json.ts';
import {useApiServer} from '../support/api-server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const WATCHED = '/api/v1/watch/namespaces/default/configmaps';

describe('options of lists and watches, as a real server reads them', () => {
  const server = useApiServer();
  const get = async (query: string) => {
    const answer = await server.client.send('GET', `${CONFIG_MAPS}?${query}`);
    return {status: answer.status, body: answer.json()};
  };
  const MATCH = 'resourceVersionMatch';

  before(async () => {
    for (const name of ['a', 'b', 'c']) {
      const made = await server.client.send('POST', CONFIG_MAPS, {metadata: {name, labels: {id: name, listed: 'yes'}}});
      assert.equal(made.status, 201, made.text);
    }
  });

  it('go on as long as anything is left, whether or not it matches', async () => {
    const more = async (query: string) => {
      const {metadata} = (await get(query)).body as {metadata: JsonObject};
      return metadata.continue !== undefined;
    };
    assert.equal(await more('limit=1&labelSelector=id=a'), true);
    assert.equal(await more('limit=1&labelSelector=listed,id=c'), false);
    assert.equal(await more('limit=1&fieldSelector=metadata.name=a'), false);
    assert.equal(await more('limit=1&labelSelector=id=a&resourceVersion=0'), false);
  });

  const refused: [query: string, status: number, message: string][] = [
    [`labelSelector=a,&${MATCH}=Bad`, 400, "found '', expected: identifier after ','"],
    [`fieldSelector=a&sendInitialEvents=true`, 400, "invalid selector: 'a'; can't understand 'a'"],
    ['continue=undefined&resourceVersion=1', 400, 'invalid continue token: continue key is not valid: illegal base64 data at input byte 8'],
  ];
  for (const [query, status, message] of refused) {
    it(`refuse ${query}`, async () => {
      const answer = await get(query);
      assert.deepEqual([answer.status, answer.body.message], [status, message]);
    });
  }

  const named: [path: string, status: number, message?: string][] = [
    [`${CONFIG_MAPS}/a?export=1`, 400, 'the export parameter, deprecated since v1.14, is no longer supported'],
    [`${CONFIG_MAPS}/a?export=false`, 200],
    [`${WATCHED}/a?fieldSelector=metadata.name=b`, 400, "fieldSelector metadata.name doesn't match requested name"],
    [`${WATCHED}/a?fieldSelector=metadata.namespace=default`, 400, "fieldSelector metadata.name doesn't match requested name"],
  ];
  for (const [path, status, message] of named) {
    it(`answer ${status} to ${path}`, async () => {
      const answer = await server.client.send('GET', path);
      assert.deepEqual([answer.status, answer.json().message], [status, message]);
    });
  }

  const unacceptable: [accept: string, query: string, status: number, message: string][] = [
    ['application/yaml', 'watch=1', 406, 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'],
    ['application/json;as=Bogus', 'watch=1', 406, 'application/json, application/yaml, application/vnd.kubernetes.protobuf'],
    ['application/yaml', 'watch=1&limit=x', 400, 'invalid syntax'],
  ];
  for (const [accept, query, status, message] of unacceptable) {
    it(`answer ${status} to ${query} for ${accept}`, async () => {
      const answer = await server.client.send('GET', `${CONFIG_MAPS}?${query}`, undefined, {Accept: accept});
      assert.equal(answer.status, status);
      assert.ok(answer.text.replace(/\n {2}/g, ' ').includes(message), answer.text);
    });
  }

  const invalid: [query: string, causes: string[]][] = [
    [
      `${MATCH}=Exact&sendInitialEvents=true`,
      [
        `${MATCH}: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided`,
        'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
      ],
    ],
    [
      `watch=true&resourceVersion=1&${MATCH}=Bad`,
      [
        `${MATCH}: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided`,
        `${MATCH}: Unsupported value: "Bad": supported values: "NotOlderThan"`,
      ],
    ],
    [
      `watch=true&sendInitialEvents=true&${MATCH}=Exact&continue=x`,
      [
        `${MATCH}: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`,
        `${MATCH}: Unsupported value: "Exact": supported values: "NotOlderThan"`,
        `${MATCH}: Forbidden: resourceVersionMatch is forbidden when continue is provided`,
      ],
    ],
  ];
  for (const [query, causes] of invalid) {
    it(`refuse ${query}`, async () => {
      const answer = await get(query);
      assert.equal(answer.status, 422);
      const {details} = answer.body as {details: {causes: {field: string; message: string}[]}};
      assert.deepEqual(
        details.causes.map(({field, message}) => `${field}: ${message}`),
        causes,
      );
    });
  }
});
