import assert from 'node:assert/strict';
import {configMaps, pods, services} from '../../../server/api/resource-types.generated.ts';
import {createHttpClient, type HttpClient} from '../../support/http.ts';
import {podSpec, useWorld} from '../../support/world.ts';

describe('the environment of containers', () => {
  const world = useWorld({token: 'administrator'});
  let client: HttpClient;
  before(() => {
    client = createHttpClient(world.cluster.url, 'administrator');
  });
  after(() => client?.close());

  /** What a container with this environment prints. */
  const printed = async (container: object, rest: object = {}): Promise<string[]> => {
    await world.create(pods, 'p', {spec: podSpec({command: ['sh', '-c', 'env'], ...container}, {restartPolicy: 'Never', ...rest})});
    await world.rest();
    assert.equal((await world.get(pods, 'p')).status?.phase, 'Succeeded');
    const {text} = await client.send('GET', `/api/v1/namespaces/${world.namespace}/pods/p/log`);
    return text.trimEnd().split('\n');
  };
  const includes = (lines: string[], wanted: string[]) =>
    assert.deepEqual(
      wanted.filter(line => !lines.includes(line)),
      [],
    );
  const resource = (name: string, path: string, divisor?: string) => ({
    name,
    valueFrom: {resourceFieldRef: {resource: path, ...(divisor && {divisor})}},
  });

  it('tells what they may use, rounded up to the divisor', async () => {
    const resources = {requests: {cpu: '250m', memory: '32Mi'}, limits: {cpu: '1250m', memory: '64Mi'}};
    const env = [
      resource('A', 'limits.cpu'),
      resource('B', 'limits.memory'),
      resource('C', 'requests.cpu', '1m'),
      resource('D', 'requests.memory', '1Mi'),
    ];
    includes(await printed({resources, env}), ['A=2', 'B=67108864', 'C=250', 'D=32']);
  });

  it('tells what the node has where there is no limit', async () => {
    includes(await printed({env: [resource('A', 'limits.cpu'), resource('B', 'limits.memory')]}), ['A=8', `B=${32 * 2 ** 30}`]);
  });

  it('names the services of the namespace, and the API server', async () => {
    await world.create(services, 'foo-service', {spec: {ports: [{name: 'web', port: 8765, targetPort: 8080}], selector: {a: 'b'}}});
    await world.rest();
    const ip = (await world.get(services, 'foo-service')).spec!.clusterIP!;
    includes(await printed({}), [
      `FOO_SERVICE_SERVICE_HOST=${ip}`,
      'FOO_SERVICE_SERVICE_PORT=8765',
      'FOO_SERVICE_SERVICE_PORT_WEB=8765',
      `FOO_SERVICE_PORT=tcp://${ip}:8765`,
      `FOO_SERVICE_PORT_8765_TCP_ADDR=${ip}`,
      'KUBERNETES_SERVICE_HOST=10.96.0.1',
      'KUBERNETES_SERVICE_PORT_HTTPS=443',
    ]);
  });

  it('names only the API server without service links', async () => {
    await world.create(services, 'foo', {spec: {ports: [{port: 80}]}});
    await world.rest();
    const lines = await printed({}, {enableServiceLinks: false});
    includes(lines, ['KUBERNETES_SERVICE_PORT=443']);
    assert.ok(!lines.some(line => line.startsWith('FOO_')));
  });

  it('takes in ConfigMaps, fields and other variables', async () => {
    await world.create(configMaps, 'map', {data: {one: '1'}});
    const env = [
      {name: 'POD_NAME', valueFrom: {fieldRef: {fieldPath: 'metadata.name'}}},
      {name: 'FOO', value: 'foo-value'},
      {name: 'BAR', value: '$(FOO);;$(POD_NAME)'},
    ];
    includes(await printed({envFrom: [{prefix: 'P_', configMapRef: {name: 'map'}}], env}), ['P_one=1', 'POD_NAME=p', 'BAR=foo-value;;p']);
  });
});
