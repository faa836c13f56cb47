import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {pods, replicationControllers} from '../../../server/api/resource-types.generated.ts';
import {requireKubectl} from '../../support/kubectl.ts';
import {podSpec, template, useWorld} from '../../support/world.ts';

const execute = promisify(execFile);

describe('upstream: kubectl', () => {
  before(async function () {
    await requireKubectl(this);
  });
  const world = useWorld();
  const kubectl = async (...args: string[]) => {
    const flags = ['--kubeconfig', world.cluster.kubeconfigFile, '--namespace', world.namespace];
    return (await execute('kubectl', [...flags, ...args], {timeout: 15_000})).stdout;
  };
  const LABELS = {app: 'agnhost', role: 'primary'};
  const startPrimary = async () => {
    await world.create(replicationControllers, 'agnhost-primary', {spec: {replicas: 1, selector: LABELS, template: template(LABELS)}});
    await world.rest();
    return (await world.names(pods, 'app=agnhost'))[0]!;
  };

  it('describes a ReplicationController and its pods', async () => {
    const pod = await startPrimary();
    const described = await kubectl('describe', 'pod', pod);
    for (const text of [
      'Name:',
      'Namespace:',
      'Node:',
      'app=agnhost',
      'Status:',
      'IP:',
      'Controlled By:',
      'Image:',
      'State:',
      'QoS Class:',
    ])
      assert.ok(described.includes(text), text);
    const controller = await kubectl('describe', 'rc', 'agnhost-primary');
    for (const text of [
      'Name:',
      'Selector:',
      '1 current / 1 desired',
      '1 Running / 0 Waiting / 0 Succeeded / 0 Failed',
      'Pod Template:',
      'Events:',
    ])
      assert.ok(controller.includes(text), text);
  });

  it('sets and removes a label', async () => {
    await world.create(pods, 'pause', {spec: podSpec()});
    await world.rest();
    await kubectl('label', 'pods', 'pause', 'testing-label=testing-label-value');
    assert.ok((await kubectl('get', 'pod', 'pause', '-L', 'testing-label')).includes('testing-label-value'));
    await kubectl('label', 'pods', 'pause', 'testing-label-');
    assert.ok(!(await kubectl('get', 'pod', 'pause', '-L', 'testing-label')).includes('testing-label-value'));
  });

  it('patches annotations onto pods', async () => {
    const pod = await startPrimary();
    await kubectl('patch', 'pod', pod, '-p', '{"metadata":{"annotations":{"x":"y"}}}');
    assert.equal((await world.get(pods, pod)).metadata.annotations?.x, 'y');
  });

  it('replaces the image of a pod', async () => {
    await kubectl('run', 'e2e-test-httpd-pod', '--image=registry.example/httpd:1', '--labels=run=e2e-test-httpd-pod');
    await world.rest();
    const text = await kubectl('get', 'pod', 'e2e-test-httpd-pod', '-o', 'json');
    const folder = mkdtempSync(join(tmpdir(), 'kubedouble-test-'));
    try {
      const file = join(folder, 'pod.json');
      writeFileSync(file, text.replaceAll('registry.example/httpd:1', 'registry.example/busybox:1'));
      await kubectl('replace', '-f', file);
    } finally {
      rmSync(folder, {recursive: true});
    }
    assert.equal((await world.get(pods, 'e2e-test-httpd-pod')).spec.containers[0]!.image, 'registry.example/busybox:1');
  });
});
