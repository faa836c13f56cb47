import assert from 'node:assert/strict';
import {once} from 'node:events';
import {WebSocket} from 'ws';
import type {Cluster} from '../../../cluster/index.ts';
import {startCluster} from '../../../cluster/index.ts';
import type {Pod, Service} from '../../../server/api/kinds.generated.ts';
import {pods, services} from '../../../server/api/resource-types.generated.ts';
import {eventually} from '../../support/eventually.ts';
import {createHttpClient, type HttpClient} from '../../support/http.ts';

const TOKEN = 'administrator';
const NAMESPACE = '/api/v1/namespaces/default';

describe('proxies to pods, services and nodes', () => {
  let cluster: Cluster;
  let client: HttpClient;
  before(async () => {
    cluster = await startCluster({nodes: 1, token: TOKEN});
    client = createHttpClient(cluster.url, TOKEN);
    const create = (name: string, containers: object[]) =>
      eventually(() =>
        cluster.client.create(pods, {metadata: {name, namespace: 'default', labels: {app: name}}, spec: {containers}} as Pod),
      );
    await create('web', [{name: 'web', image: 'example.com/nginx:1.27'}]);
    await create('app', [{name: 'app', image: 'app', ports: [{containerPort: 8080, name: 'http'}]}]);
    const service = {
      metadata: {name: 'web', namespace: 'default'},
      spec: {ports: [{name: 'http', port: 8000, targetPort: 80}], selector: {app: 'web'}},
    };
    await cluster.client.create(services, service as Service);
    await cluster.settled();
  });
  after(async () => {
    client.close();
    await cluster.stop();
  });

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const {status, text} = await client.send('GET', path, undefined, headers);
    return [status, text];
  };

  it('let pods answer on their ports', async () => {
    assert.deepEqual(await get(`${NAMESPACE}/pods/app/proxy/any/path?a=b`), [200, 'app\n']);
    assert.deepEqual(await get(`${NAMESPACE}/pods/app:8080/proxy/`, {accept: 'text/html'}), [200, 'app\n']);
    const [status, text] = await get(`${NAMESPACE}/pods/http:app:80/proxy/`);
    assert.equal(status, 503);
    assert.match(String(text), /error trying to reach service: dial tcp [\d.]+:80: connect: connection refused/);
  });

  it('take all methods', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      assert.equal((await client.send(method, `${NAMESPACE}/pods/app/proxy/`, {a: 'b'})).text, 'app\n', method);
  });

  it('find what stands behind services', async () => {
    for (const name of ['web:http', 'web:8000'])
      assert.match(String((await get(`${NAMESPACE}/services/${name}/proxy/`))[1]), /Welcome to nginx!/, name);
    assert.deepEqual(await get(`${NAMESPACE}/services/web:http/proxy/missing`), [404, '404 Not Found\n']);
  });

  it('lead to where links that are relative are right', async () => {
    const {status, headers} = await client.send('GET', `${NAMESPACE}/services/web:http/proxy?a=b`);
    assert.deepEqual([status, headers.location], [301, `${NAMESPACE}/services/web:http/proxy/?a=b`]);
  });

  it('let kubelets answer', async () => {
    assert.deepEqual(await get('/api/v1/nodes/node-1/proxy/healthz'), [200, 'ok']);
    const [, list] = await get('/api/v1/nodes/node-1:10250/proxy/pods');
    assert.equal(JSON.parse(String(list)).items.length, 2);
  });

  it('let kubelets tell what their pods use', async () => {
    const [status, text] = await get('/api/v1/nodes/node-1/proxy/stats/summary');
    const {node, pods: all} = JSON.parse(String(text));
    assert.deepEqual([status, node.nodeName, node.cpu.usageNanoCores], [200, 'node-1', 0]);
    const names = all.map((pod: {podRef: {name: string}; containers: {name: string}[]}) => [pod.podRef.name, pod.containers[0]!.name]);
    assert.deepEqual(names.sort(), [
      ['app', 'app'],
      ['web', 'web'],
    ]);
  });

  it('let kubelets run programs', async () => {
    const url = `${cluster.url.replace('https', 'wss')}/api/v1/nodes/node-1/proxy/exec/default/web/web?command=cat&input=1&output=1`;
    const socket = new WebSocket(url, ['v5.channel.k8s.io'], {rejectUnauthorized: false, headers: {Authorization: `Bearer ${TOKEN}`}});
    let text = '';
    socket.on('message', (data: Buffer) => {
      if (data[0] === 1) text += data.subarray(1);
    });
    socket.on('open', () => {
      socket.send('\0typed');
      socket.send(Buffer.of(255, 0));
    });
    await once(socket, 'close');
    assert.equal(text, 'typed');
  });
});
