import assert from 'node:assert/strict';
import {isStale, refusal} from '../../controllers/certificates-plan.ts';
import type {CertificateSigningRequest} from '../../server/api/kinds.generated.ts';

const NOBODY = {commonName: '', organizations: [], dnsNames: [], ipAddresses: [], emailAddresses: [], uris: []};
const NODE = {...NOBODY, commonName: 'system:node:a', organizations: ['system:nodes']};
const HOUR = 3_600_000;

describe('certificates plan', () => {
  it('lets signers sign only what is theirs', () => {
    const client = 'kubernetes.io/kube-apiserver-client';
    assert.equal(refusal(client, NOBODY, ['client auth', 'digital signature']), undefined);
    assert.equal(refusal(client, NOBODY, ['server auth']), 'invalid usage for client certificate: server auth');
    assert.equal(refusal(client, NOBODY, ['digital signature']), 'missing required usage for client certificate: client auth');
    const kubelet = 'kubernetes.io/kube-apiserver-client-kubelet';
    assert.equal(refusal(kubelet, NODE, ['client auth', 'digital signature', 'key encipherment']), undefined);
    assert.equal(refusal(kubelet, NOBODY, ['client auth', 'digital signature']), 'subject organization is not system:nodes');
    const serving = 'kubernetes.io/kubelet-serving';
    assert.equal(refusal(serving, NODE, ['server auth', 'digital signature']), 'DNS or IP subjectAltName is required');
    assert.equal(refusal(serving, {...NODE, ipAddresses: ['10.0.0.1']}, ['server auth', 'digital signature']), undefined);
  });

  it('cleans up an hour after an answer, a day after none', () => {
    const request = (...types: string[]): CertificateSigningRequest => ({
      metadata: {name: 'r', creationTimestamp: '1970-01-01T00:00:00Z'},
      spec: {request: '', signerName: ''},
      status: {conditions: types.map(type => ({type, status: 'True', lastUpdateTime: '1970-01-01T00:00:00Z'}))},
    });
    assert.equal(isStale(request('Approved'), HOUR), false);
    assert.equal(isStale(request('Denied'), HOUR + 1), true);
    assert.equal(isStale(request(), 2 * HOUR), false);
    assert.equal(isStale(request(), 24 * HOUR + 1), true);
  });
});
