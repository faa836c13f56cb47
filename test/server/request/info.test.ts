import assert from 'node:assert/strict';
import {requestInfo} from '../../../server/request/info.ts';

const of = (method: string, target: string) => {
  const [path = '', query = ''] = target.split('?');
  return requestInfo(method, path, new URLSearchParams(query));
};

describe('server/request/info', () => {
  const resources: [string, string, string, {[field: string]: string}][] = [
    ['GET', '/api/v1/pods', 'list', {resource: 'pods', namespace: '', name: ''}],
    ['GET', '/api/v1/pods?watch=1', 'watch', {resource: 'pods'}],
    ['GET', '/api/v1/watch/namespaces/n/pods/p', 'watch', {resource: 'pods', namespace: 'n', name: 'p'}],
    ['DELETE', '/api/v1/namespaces/n/pods', 'deletecollection', {resource: 'pods', namespace: 'n'}],
    [
      'PUT',
      '/apis/apps/v1/namespaces/n/deployments/d/scale',
      'update',
      {group: 'apps', resource: 'deployments', name: 'd', subresource: 'scale'},
    ],
    ['GET', '/api/v1/namespaces/n', 'get', {resource: 'namespaces', namespace: 'n', name: 'n'}],
    ['PUT', '/api/v1/namespaces/n/finalize', 'update', {resource: 'namespaces', name: 'n', subresource: 'finalize'}],
    ['GET', '/api/v1/namespaces/%6e/p%6fds', 'list', {resource: 'pods', namespace: 'n'}],
    ['TRACE', '/api/v1/pods', '', {resource: 'pods'}],
  ];
  for (const [method, target, verb, fields] of resources) {
    it(`reads ${method} ${target}`, () => {
      const info = of(method, target)!;
      assert.deepEqual({...info, ...fields, verb, isResource: true}, info);
    });
  }

  it('takes paths as they are meant, not as they are written', () => {
    for (const path of ['/healthz', '/%68ealthz', '/health%7a'])
      assert.deepEqual([of('GET', path)!.path, of('GET', path)!.isResource], ['/healthz', false]);
    assert.equal(of('GET', '/a%2f..%2fb')!.path, '/a/../b');
    assert.equal(of('GET', '/%zz'), undefined);
    assert.equal(of('GET', '/API/v1/pods')!.isResource, false);
  });
});
