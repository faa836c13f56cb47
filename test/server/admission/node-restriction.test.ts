import assert from 'node:assert/strict';
import {nodeRestriction} from '../../../server/admission/node-restriction.ts';
import {ask} from './ask.ts';

const kubelet = {user: 'system:node:a', groups: ['system:nodes', 'system:authenticated']};
const node = (name: string, more: object = {}) => ({metadata: {name, uid: 'u', ...more}});
const owner = {apiVersion: 'v1', kind: 'Node', name: 'a', uid: 'u', controller: true};
const mirror = (more: object = {}, spec: object = {}) => ({
  metadata: {name: 'p', annotations: {'kubernetes.io/config.mirror': 'x'}, ownerReferences: [owner], ...more},
  spec: {nodeName: 'a', containers: [{name: 'c'}], ...spec},
});
const volumes = [
  {name: 't', projected: {sources: [{serviceAccountToken: {path: 't'}}, {serviceAccountToken: {path: 'v', audience: 'vault'}}]}},
  {name: 'c', csi: {driver: 'csi.example.com'}},
];
const pod = (nodeName: string, labels: object = {}) => ({
  metadata: {name: 'p', uid: 'pu', labels},
  spec: {nodeName, containers: [], volumes},
});
const world = {
  'csidrivers.storage.k8s.io csi.example.com': {spec: {tokenRequests: [{audience: 'csi'}]}},
  'nodes a': node('a'),
  'pods n/p': pod('a'),
  'pods n/q': {...pod('b'), metadata: {name: 'q', uid: 'qu'}},
};
const token = (name: string, uid: string, ...audiences: string[]) => ({
  metadata: {},
  spec: {boundObjectRef: {apiVersion: 'v1', kind: 'Pod', name, uid}, audiences},
});
const claim = (status: object, labels: object = {}) => ({metadata: {name: 'c', labels}, spec: {}, status});

// For CN=system:node:a, O=system:nodes.
const REQUEST =
  'MIHqMIGRAgEAMC8xFTATBgNVBAoMDHN5c3RlbTpub2RlczEWMBQGA1UEAwwNc3lzdGVtOm5vZGU6YTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNYjvob8rJPtS83aTM' +
  'Rz2DqeGykxo90Jajh2Z+3q7xfaH9dSmShWIxDbRXr9kRrDkVmlickldUTWjp2mCR5v7SigADAKBggqhkjOPQQDAgNIADBFAiBvH1fhR573ui67i+eWqb/4iHx8I9BN6f4+' +
  'PBdOqlO02wIhAO2O6jYSRd6QWyPxyGuEJUl2otGYwlvMoksxFa5EoVvt';
const signing = (signerName: string, body = REQUEST) => ({
  metadata: {name: 'r'},
  spec: {
    signerName,
    request: Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`).toString('base64'),
  },
});
const SERVING = 'kubernetes.io/kubelet-serving';

describe('server/admission/node-restriction', () => {
  const cases: [string, Parameters<typeof ask>[1], RegExp | undefined][] = [
    ['its own mirror pod', {resource: 'pods', object: mirror()}, undefined],
    ['an ordinary pod', {resource: 'pods', object: mirror({annotations: {}})}, /can only create mirror pods/],
    ['a mirror pod elsewhere', {resource: 'pods', object: mirror({}, {nodeName: 'b'})}, /spec.nodeName set to itself/],
    [
      'a mirror pod of another node',
      {resource: 'pods', object: mirror({ownerReferences: [{...owner, uid: 'v'}]})},
      /UID mismatch: expected v got u/,
    ],
    [
      'a mirror pod with secrets',
      {resource: 'pods', object: mirror({}, {volumes: [{name: 'v', secret: {secretName: 's'}}]})},
      /that reference secrets/,
    ],
    [
      'a mirror pod with a pull secret',
      {resource: 'pods', object: mirror({}, {imagePullSecrets: [{name: 's'}]})},
      /that reference secrets/,
    ],
    ['status of its pod', {resource: 'pods', subresource: 'status', object: pod('a'), old: pod('a')}, undefined],
    ['status of another pod', {resource: 'pods', subresource: 'status', object: pod('b'), old: pod('b')}, /can only update pod status/],
    ['labels by status', {resource: 'pods', subresource: 'status', object: pod('a', {x: 'y'}), old: pod('a')}, /cannot update labels/],
    ['itself', {resource: 'nodes', object: node('a', {labels: {'kubernetes.io/os': 'linux'}})}, undefined],
    ['another node', {resource: 'nodes', object: node('b')}, /node "a" is not allowed to modify node "b"/],
    [
      'restricted labels',
      {
        resource: 'nodes',
        object: node('a', {labels: {'x.node-restriction.kubernetes.io/y': '1', 'node-role.kubernetes.io/z': ''}}),
        old: node('a'),
      },
      /nodes "a" is forbidden: is not allowed to modify labels: node-role.kubernetes.io\/z, x.node-restriction.kubernetes.io\/y/,
    ],
    ['taints', {resource: 'nodes', object: {...node('a'), spec: {taints: [{key: 'k'}]}}, old: node('a')}, /not allowed to modify taints/],
    ['a token for its pod', {resource: 'serviceaccounts', subresource: 'token', object: token('p', 'pu')}, undefined],
    [
      'a token for another pod',
      {resource: 'serviceaccounts', subresource: 'token', object: token('q', 'qu')},
      /scheduled on a different node/,
    ],
    ...['vault', 'csi'].map((audience): [string, Parameters<typeof ask>[1], undefined] => [
      `a token for ${audience}, as a volume wants it`,
      {resource: 'serviceaccounts', subresource: 'token', object: token('p', 'pu', audience)},
      undefined,
    ]),
    [
      'a token for others',
      {resource: 'serviceaccounts', subresource: 'token', object: token('p', 'pu', 'other')},
      /audience "other" not found in pod spec volume, system:node:a is not authorized to request tokens for this audience/,
    ],
    [
      'a token for several',
      {resource: 'serviceaccounts', subresource: 'token', object: token('p', 'pu', 'vault', 'csi')},
      /may only request 0 or 1 audiences/,
    ],
    [
      'a token for a pod that is gone',
      {resource: 'serviceaccounts', subresource: 'token', object: token('z', 'zu')},
      /^pod "z" not found$/,
    ],
    ['its own certificate', {resource: 'certificatesigningrequests.certificates.k8s.io', object: signing(SERVING)}, undefined],
    [
      'a certificate of another',
      {resource: 'certificatesigningrequests.certificates.k8s.io', object: signing(SERVING), user: 'system:node:b'},
      /can only create a node CSR with CN=system:node:b/,
    ],
    [
      'a certificate of another kind',
      {resource: 'certificatesigningrequests.certificates.k8s.io', object: signing('example.com/x'), user: 'system:node:b'},
      undefined,
    ],
    [
      'no certificate at all',
      {resource: 'certificatesigningrequests.certificates.k8s.io', object: signing(SERVING, 'AAAA')},
      /unable to parse csr: asn1: structure error/,
    ],
    ['a resize', {resource: 'pods', subresource: 'resize', operation: 'UPDATE', object: {}}, /unexpected pod subresource "resize"/],
    ['a shell', {resource: 'pods', subresource: 'exec', operation: 'CONNECT', object: {}}, undefined],
    [
      'the size of a claim',
      {resource: 'persistentvolumeclaims', subresource: 'status', object: claim({capacity: {storage: '1Gi'}}), old: claim({})},
      undefined,
    ],
    [
      'labels of a claim',
      {resource: 'persistentvolumeclaims', subresource: 'status', object: claim({}, {a: 'b'}), old: claim({})},
      /not allowed to update fields other than/,
    ],
    ['a claim', {resource: 'persistentvolumeclaims', object: claim({}), old: claim({})}, /may only update PVC status/],
    [
      'claims of its pod',
      {resource: 'pods', subresource: 'status', object: {...pod('a'), status: {resourceClaimStatuses: [{name: 'x'}]}}, old: pod('a')},
      /cannot update resource claim/,
    ],
    ['a free token', {resource: 'serviceaccounts', subresource: 'token', object: {metadata: {}, spec: {}}}, /not bound to a pod/],
    ['a lease elsewhere', {resource: 'leases.coordination.k8s.io', object: {metadata: {name: 'a'}}}, /"kube-node-lease" system namespace/],
  ];
  for (const [what, question, message] of cases) {
    it(`${message ? 'refuses' : 'lets through'}: ${what}`, async () => {
      const reply = await ask(nodeRestriction, {...kubelet, world, ...question});
      if (message) assert.match(reply.message ?? '', message);
      else assert.equal(reply.message, undefined);
    });
  }

  it('does not look at others', async () => {
    assert.equal((await ask(nodeRestriction, {resource: 'nodes', object: node('b'), world})).message, undefined);
  });
});
