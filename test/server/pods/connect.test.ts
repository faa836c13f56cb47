import assert from 'node:assert/strict';
import {once} from 'node:events';
import {connect} from 'node:tls';
import {WebSocket} from 'ws';
import type {Cluster} from '../../../cluster/index.ts';
import {startCluster} from '../../../cluster/index.ts';
import type {Pod, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding} from '../../../server/api/kinds.generated.ts';
import {
  configMaps,
  pods,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../../../server/api/resource-types.generated.ts';
import {eventually} from '../../support/eventually.ts';
import {createHttpClient} from '../../support/http.ts';

const TOKEN = 'administrator';

describe('pods over their kubelets', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster({nodes: 1, token: TOKEN});
    const containers = [
      {
        name: 'c',
        image: 'busybox',
        env: [
          {name: 'A', value: '1'},
          {name: 'B', valueFrom: {configMapKeyRef: {name: 'settings', key: 'b'}}},
        ],
        ports: [{containerPort: 8080}],
        command: ['sh', '-c', 'echo first; echo left > /tmp/file; sleep 60'],
      },
    ];
    await cluster.client.create(configMaps, {metadata: {name: 'settings', namespace: 'default'}, data: {b: 'same'}});
    for (const [name, nodeName] of [
      ['p', undefined],
      ['nowhere', 'absent'],
    ]) {
      const pod = {metadata: {name, namespace: 'default'}, spec: {containers, ...(nodeName && {nodeName})}} as Pod;
      await eventually(() => cluster.client.create(pods, pod));
    }
    await eventually(async () =>
      assert.equal((await cluster.client.get(pods, {namespace: 'default', name: 'p'})).status?.phase, 'Running'),
    );
  });
  after(() => cluster.stop());

  interface Session {
    protocol: string;
    stdout: string;
    stderr: string;
    status: string;
  }

  const open = (query: string, protocols: string[], pod = 'p'): WebSocket =>
    new WebSocket(`${cluster.url.replace('https', 'wss')}/api/v1/namespaces/default/pods/${pod}/${query}`, protocols, {
      rejectUnauthorized: false,
      headers: {Authorization: `Bearer ${TOKEN}`},
    });

  /** Runs a command to its end; `input` is written to it and closed. */
  async function exec(
    query: string,
    {input, protocols = ['v5.channel.k8s.io'], pod}: {input?: string; protocols?: string[]; pod?: string} = {},
  ): Promise<Session> {
    const socket = open(query, protocols, pod);
    const texts = ['', '', '', ''];
    socket.on('message', (data: Buffer) => {
      texts[data[0]!] += data.subarray(1).toString();
    });
    socket.on('open', () => {
      if (input === undefined) return;
      socket.send(Buffer.concat([Buffer.of(0), Buffer.from(input)]));
      socket.send(Buffer.of(255, 0));
    });
    await once(socket, 'close');
    const [, stdout, stderr, status] = texts as [string, string, string, string];
    return {protocol: socket.protocol, stdout, stderr, status};
  }

  it('run a command', async () => {
    const {protocol, stdout, status} = await exec('exec?command=sh&command=-c&command=echo%20$A&stdout=1&stderr=1');
    assert.equal(protocol, 'v5.channel.k8s.io');
    assert.equal(stdout, '1\n');
    assert.deepEqual(JSON.parse(status), {metadata: {}, status: 'Success'});
  });

  it('find the files and variables of a container', async () => {
    const word = (text: string) => `command=${encodeURIComponent(text)}`;
    const account = '/var/run/secrets/kubernetes.io/serviceaccount';
    const script = `cat /tmp/file ${account}/namespace; cut -d. -f2 ${account}/token | base64 -d | grep -c '"pod":{"name":"p"'; echo $B`;
    const {stdout} = await exec(`exec?${['sh', '-c', script].map(word).join('&')}&stdout=1&stderr=1`);
    assert.equal(stdout, 'left\ndefault1\nsame\n');
  });

  it('send no message that is too long for some', async () => {
    const {stdout} = await exec('exec?command=seq&command=20000&stdout=1');
    assert.match(stdout, /^1\n2\n[\s\S]*\n20000\n$/);
  });

  it('answer on the ports of containers', async () => {
    const query = 'portforward?ports=8080&ports=8081';
    const socket = open(query, ['v4.channel.k8s.io']);
    const texts = ['', '', '', ''];
    socket.on('message', (data: Buffer) => {
      texts[data[0]!] += data.subarray(1).toString();
    });
    socket.on('open', () =>
      socket.send(Buffer.concat([Buffer.of(0), Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')])),
    );
    await once(socket, 'close');
    assert.match(texts[0]!, /HTTP\/1\.1 200 OK[\s\S]*\r\n\r\np\n$/);
    assert.match(texts[3]!, /connection refused$/);
  });

  it('end with what is typed into them', async () => {
    const containers = [{name: 'c', image: 'busybox', stdin: true, stdinOnce: true, command: ['sh']}];
    await cluster.client.create(pods, {metadata: {name: 'typed', namespace: 'default'}, spec: {containers, restartPolicy: 'Never'}} as Pod);
    const find = async () => (await cluster.client.get(pods, {namespace: 'default', name: 'typed'})).status!;
    await eventually(async () => assert.equal((await find()).phase, 'Running'));
    const {stdout, status} = await exec('attach?stdin=1&stdout=1&stderr=1', {input: 'echo heard\nexit 4\n', pod: 'typed'});
    assert.deepEqual([stdout, JSON.parse(status).status], ['heard\n', 'Success']);
    await cluster.settled();
    assert.equal((await find()).containerStatuses![0]!.state!.terminated!.exitCode, 4);
    const client = createHttpClient(cluster.url, TOKEN);
    assert.equal((await client.send('GET', '/api/v1/namespaces/default/pods/typed/log')).text, 'heard\n');
    client.close();
  });

  it('go on with what they have begun when the client goes away', async () => {
    const socket = open('exec?command=tee&command=/tmp/left&stdin=1&stdout=1', ['v5.channel.k8s.io']);
    socket.on('open', () => {
      socket.send('\0written');
      socket.close();
    });
    await once(socket, 'close');
    await eventually(async () => assert.equal((await exec('exec?command=cat&command=/tmp/left&stdout=1')).stdout, 'written'));
  });

  it('tell the exit code', async () => {
    const {stderr, status} = await exec('exec?command=sh&command=-c&command=echo%20no%20%3E%262%3B%20exit%207&stdout=1&stderr=1');
    assert.equal(stderr, 'no\n');
    assert.deepEqual(JSON.parse(status).details, {causes: [{reason: 'ExitCode', message: '7'}]});
  });

  it('say what they do not understand', async () => {
    const {stderr, status} = await exec('exec?command=psql&stdout=1&stderr=1');
    assert.match(stderr, /^psql: not found/);
    assert.equal(JSON.parse(status).details.causes[0].message, '127');
  });

  it('feed a shell', async () => {
    const {stdout, status} = await exec('exec?command=sh&stdin=1&stdout=1', {input: 'echo one\necho two\nexit 3\necho never\n'});
    assert.equal(stdout, 'one\ntwo\n');
    assert.equal(JSON.parse(status).details.causes[0].message, '3');
  });

  it('choose the newest protocol that is offered', async () => {
    const {protocol} = await exec('exec?command=true&stdout=1', {protocols: ['v4.channel.k8s.io', 'channel.k8s.io']});
    assert.equal(protocol, 'v4.channel.k8s.io');
  });

  it('refuse what cannot be', async () => {
    const client = createHttpClient(cluster.url, TOKEN);
    const message = async (path: string) => {
      const answer = await client.send('GET', `/api/v1/namespaces/default/pods/${path}`);
      return `${answer.status} ${(answer.json() as {message: string}).message}`;
    };
    assert.equal(await message('p/exec?command=ls'), '400 Upgrade request required');
    assert.equal(await message('absent/exec?command=ls'), '404 pods "absent" not found');
    assert.equal(await message('p/exec?command=ls&container=x'), '400 container x is not valid for pod p');
    assert.equal(
      await message('p/log?tailLines=-1'),
      '422 PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    );
    assert.equal(await message('p/log?stream=Stdout'), '422 PodLogOptions "p" is invalid: stream: Forbidden: may not be specified');
    assert.equal(await message('nowhere/log'), '404 nodes "absent" not found');
    client.close();
  });

  it('need the right to create, even where a GET starts them', async () => {
    const client = createHttpClient(cluster.url, TOKEN);
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/';
    const rules = [{apiGroups: [''], resources: ['pods/exec', 'pods/log'], verbs: ['get']}];
    await client.send('POST', `${rbac}roles`, {metadata: {name: 'looks'}, rules});
    const roleRef = {apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'looks'};
    await client.send('POST', `${rbac}rolebindings`, {metadata: {name: 'looks'}, roleRef, subjects: [{kind: 'User', name: 'eve'}]});
    const headers = {'impersonate-user': 'eve'};
    const exec = await client.send('GET', '/api/v1/namespaces/default/pods/p/exec?command=ls', undefined, headers);
    assert.deepEqual([exec.status, (exec.json() as {message: string}).message], [403, 'pods "p" is forbidden: ']);
    assert.equal((await client.send('GET', '/api/v1/namespaces/default/pods/p/log', undefined, headers)).status, 200);
    client.close();
  });

  it('ask admission, which sees what is to be done', async () => {
    const metadata = {name: 'no-shells'};
    const expression = "object.command != ['sh'] || request.operation != 'CONNECT'";
    const messageExpression = "object.kind + ' ' + object.container + ' ' + string(object.tty) + ' ' + request.subResource";
    const rules = [{apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/exec', 'pods/proxy']}];
    const spec = {
      matchConstraints: {resourceRules: rules},
      validations: [{expression: `!has(object.command) || (${expression})`, messageExpression}],
    };
    await cluster.client.create(validatingAdmissionPolicies, {metadata, spec} as ValidatingAdmissionPolicy);
    const binding = {metadata, spec: {policyName: 'no-shells', validationActions: ['Deny']}};
    await cluster.client.create(validatingAdmissionPolicyBindings, binding as ValidatingAdmissionPolicyBinding);
    const client = createHttpClient(cluster.url, TOKEN);
    const message = async (query: string) =>
      (await client.send('GET', `/api/v1/namespaces/default/pods/p/exec?container=c&tty=true&${query}`)).json().message;
    assert.equal(
      await message('command=sh'),
      `pods "p" is forbidden: ValidatingAdmissionPolicy 'no-shells' with binding 'no-shells' denied request: PodExecOptions c true exec`,
    );
    assert.equal(await message('command=ls'), 'Upgrade request required');
    assert.equal(await message('command=ls&dryRun=All'), 'dryRun is not supported');
    client.close();
  });

  it('show logs', async () => {
    const client = createHttpClient(cluster.url, TOKEN);
    const answer = await client.send('GET', '/api/v1/namespaces/default/pods/p/log');
    assert.deepEqual([answer.status, answer.text, answer.headers['content-type']], [200, 'first\n', 'text/plain']);
    client.close();
  });

  it('serve requests whose offer of another protocol they do not take', async () => {
    const {hostname, port} = new URL(cluster.url);
    const socket = connect({host: hostname, port: Number(port), rejectUnauthorized: false});
    const body = JSON.stringify({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'offered'}});
    const head = [
      'POST /api/v1/namespaces/default/configmaps HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${TOKEN}`,
      'Connection: Upgrade, HTTP2-Settings',
    ];
    const lines = [
      ...head,
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQ',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      '',
      body,
    ];
    socket.write(lines.join('\r\n'));
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1\.1 201 Created/);
    socket.destroy();
  });
});
