/**
 * Helm's life of a release: a chart as `helm create` makes it, with a CRD, a custom object, a hook and a look-up, is installed, tested,
 * upgraded, fails and is rolled back, and is uninstalled. HELM names the program, KUBECONFIG says where. Exit status 0: everything was as
 * with a real cluster.
 */
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {ApiextensionsV1Api, AppsV1Api, CoreV1Api, CustomObjectsApi, KubeConfig} from '@kubernetes/client-node';

const program = process.env.HELM ?? 'helm';
const folder = mkdtempSync(join(tmpdir(), 'helm-'));
const env = {...process.env, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder};
const chart = join(folder, 'app');
const helm = (...args) =>
  execFileSync(program, args, {cwd: folder, env, encoding: 'utf8', timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe']});
const isV3 = helm('version', '--short').startsWith('v3');
const undoing = isV3 ? '--atomic' : '--rollback-on-failure';

const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {name: 'widgets.helm.kubedouble.dev'},
  spec: {
    group: 'helm.kubedouble.dev',
    scope: 'Namespaced',
    names: {plural: 'widgets', kind: 'Widget'},
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {openAPIV3Schema: {type: 'object', properties: {spec: {type: 'object', properties: {size: {type: 'integer'}}}}}},
      },
    ],
  },
};
const TEMPLATES = `
apiVersion: helm.kubedouble.dev/v1
kind: Widget
metadata: {name: widget}
spec: {size: {{ .Values.size | default 1 }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: look-up}
data:
  uid: {{ (lookup "v1" "Namespace" "" "kube-system").metadata.uid }}
  version: {{ .Capabilities.KubeVersion.Version }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-prepare
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [sh, -c, "echo prepared"]}]}}
`;

const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);
const apps = config.makeApiClient(AppsV1Api);
const custom = config.makeApiClient(CustomObjectsApi);
const namespace = 'default';
const size = async () =>
  (await custom.getNamespacedCustomObject({group: 'helm.kubedouble.dev', version: 'v1', namespace, plural: 'widgets', name: 'widget'})).spec
    .size;
const ready = async () => (await apps.readNamespacedDeployment({namespace, name: 'web-app'})).status.readyReplicas;
const history = () => JSON.parse(helm('history', 'web', '-o', 'json')).map(({status}) => status);

try {
  helm('create', 'app');
  mkdirSync(join(chart, 'crds'));
  writeFileSync(join(chart, 'crds', 'widgets.yaml'), JSON.stringify(CRD));
  writeFileSync(join(chart, 'templates', 'more.yaml'), TEMPLATES);

  helm('install', 'web', chart, '--wait', undoing, '--timeout', '40s');
  assert.equal(await ready(), 1);
  const {data} = await core.readNamespacedConfigMap({namespace, name: 'look-up'});
  assert.equal(data.uid, (await core.readNamespace({name: 'kube-system'})).metadata.uid);
  assert.match(data.version, /^v1\.\d+\./);
  assert.match(helm('test', 'web', '--timeout', '30s'), /Phase:\s+Succeeded/);

  helm('upgrade', 'web', chart, '--set', 'replicaCount=2,size=2', '--wait', '--wait-for-jobs', '--timeout', '40s');
  assert.deepEqual([await ready(), await size()], [2, 2]);
  const failing = ['upgrade', 'web', chart, '--set', 'image.tag=does-not-exist', undoing, '--timeout', '8s'];
  assert.notEqual(spawnSync(program, failing, {cwd: folder, env}).status, 0);
  assert.deepEqual(history(), ['superseded', 'superseded', 'failed', 'deployed']);
  assert.equal(await ready(), 2);
  helm('rollback', 'web', '1', '--wait');
  assert.deepEqual([await ready(), await size()], [1, 1]);

  helm('uninstall', 'web', '--wait');
  assert.deepEqual(JSON.parse(helm('list', '-A', '-o', 'json')), []);
  await assert.rejects(ready(), error => error.code === 404);
  // Helm leaves definitions alone.
  await config.makeApiClient(ApiextensionsV1Api).deleteCustomResourceDefinition({name: CRD.metadata.name});
} finally {
  rmSync(folder, {recursive: true});
}
console.log(`helm: ok (${isV3 ? 'v3' : 'v4 or later'})`);
