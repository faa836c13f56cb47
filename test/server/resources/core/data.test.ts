import assert from 'node:assert/strict';
import type {ConfigMap, Secret} from '../../../../server/api/kinds.generated.ts';
import {configMap} from '../../../../server/resources/core/configmap.ts';
import {secret} from '../../../../server/resources/core/secret.ts';
import {rulesOf} from './support.ts';

const metadata = {name: 'd', namespace: 'default'};
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('config maps', () => {
  const {create, update} = rulesOf<ConfigMap>(configMap);

  it('have good keys, each once', () => {
    assert.deepEqual(create({metadata, data: {'a.b-C_d': 'x'}, binaryData: {e: ''}}).errors, []);
    assert.deepEqual(create({metadata, data: {a: 'x', '..': ''}, binaryData: {a: 'eA=='}}).errors.slice(0, 2), [
      'data[a]: Invalid value: "a": duplicate of key present in binaryData',
      'data[..]: Invalid value: "..": must not be \'..\'',
    ]);
  });

  it('are no larger than 1 MiB', () => {
    const data = {a: 'x'.repeat(1024 * 1024 - 1)};
    assert.deepEqual(create({metadata, data, binaryData: {b: 'eA=='}}).errors, []);
    assert.deepEqual(create({metadata, data, binaryData: {b: 'eHg='}}).errors, ['[]: Too long: may not be more than 1048576 bytes']);
  });

  it('stay immutable', () => {
    const before = {metadata, data: {a: 'x'}, immutable: true};
    const {errors} = update(before, object => {
      delete object.immutable;
      object.data = {};
    });
    assert.deepEqual(errors, [
      'immutable: Forbidden: field is immutable when `immutable` is set',
      'data: Forbidden: field is immutable when `immutable` is set',
    ]);
  });
});

describe('secrets', () => {
  const {create, update} = rulesOf<Secret>(secret);

  it('take text for data', () => {
    const {object} = create({metadata, data: {a: 'eA==', b: 'eQ=='}, stringData: {b: 'z'}});
    assert.deepEqual(object, {metadata, data: {a: 'eA==', b: 'eg=='}, type: 'Opaque'});
  });

  it('have what their type wants', () => {
    const of = (type: string, data: {[key: string]: string} = {}) => create({metadata, type, data}).errors;
    assert.deepEqual(of('kubernetes.io/service-account-token'), [
      'metadata.annotations[kubernetes.io/service-account.name]: Required value',
    ]);
    assert.deepEqual(of('kubernetes.io/basic-auth'), ['data[username]: Required value', 'data[password]: Required value']);
    assert.deepEqual(of('kubernetes.io/tls', {'tls.crt': ''}), ['data[tls.key]: Required value']);
    assert.deepEqual(of('kubernetes.io/dockerconfigjson', {'.dockerconfigjson': base64('{}')}), []);
    assert.deepEqual(of('kubernetes.io/dockerconfigjson', {'.dockerconfigjson': 'xxxx'}), [
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'Ç\' looking for beginning of value',
    ]);
    assert.deepEqual(of('kubernetes.io/dockerconfigjson', {'.dockerconfigjson': base64('x')}), [
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'x\' looking for beginning of value',
    ]);
  });

  it('warn of certificates that are none', () => {
    const {warnings} = create({metadata, type: 'kubernetes.io/tls', data: {'tls.crt': '', 'tls.key': ''}});
    assert.deepEqual(warnings, ['tls: failed to find any PEM data in certificate input']);
  });

  it('keep their type', () => {
    const {errors} = update({metadata}, object => {
      object.type = 'example.com/x';
    });
    assert.deepEqual(errors, ['type: Invalid value: "example.com/x": field is immutable']);
  });
});
