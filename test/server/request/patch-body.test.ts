import assert from 'node:assert/strict';
import {operationErrors, parsePatchJson, parsePatchYaml} from '../../../server/request/patch-body.ts';
import {apiError} from '../patch/support.ts';

const json = (text: string) => parsePatchJson(Buffer.from(text), 'error decoding patch: ');

describe('parsePatchJson', () => {
  it('notes keys that occur twice, where they are', () => {
    const body = json('{"data":{"q":"1","q":"2"},"list":[{"a":1,"a":2}]}');
    assert.deepEqual(body.value, {data: {q: '2'}, list: [{a: 2}]});
    assert.deepEqual(body.strictErrors, ['duplicate field "data.q"', 'duplicate field "list[0].a"']);
  });

  it('tells what operations do not have', () => {
    const body = json('[{"op":"add","path":"/data","value":{"a":"1","a":"2"},"bogus":1}]');
    assert.deepEqual(operationErrors(body), ['json patch duplicate field "[0].value.a"', 'json patch unknown field "[0].bogus"']);
  });

  it('says what is no JSON', () => {
    assert.throws(() => json('{'), apiError(400, 'error decoding patch: unexpected end of JSON input'));
  });

  it('takes objects of in-process clients as they are', () => {
    assert.deepEqual(parsePatchJson({data: null}, '').value, {data: null});
  });
});

describe('parsePatchYaml', () => {
  const yaml = (text: string) => parsePatchYaml(Buffer.from(text));

  it('reads YAML, JSON and nothing', () => {
    assert.deepEqual(yaml('a: {b: 1}').object, {a: {b: 1}});
    assert.deepEqual(yaml('{"a":1}').object, {a: 1});
    assert.deepEqual(yaml('').object, {});
  });

  it('refuses what is no object', () => {
    const why = 'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}';
    assert.throws(() => yaml('- x'), apiError(400, `error decoding YAML: ${why}`));
  });
});
