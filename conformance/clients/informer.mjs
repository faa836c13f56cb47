/**
 * Lists, watches by informer, patches and applies with @kubernetes/client-node. KUBECONFIG says where. Exit status 0: everything was
 * as with a real cluster.
 */
import assert from 'node:assert/strict';
import {AppsV1Api, CoreV1Api, KubeConfig, makeInformer, PatchStrategy, setHeaderOptions} from '@kubernetes/client-node';

const NAMESPACE = 'default';
const NAME = 'node-web';

const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);
const apps = config.makeApiClient(AppsV1Api);

const labels = {app: NAME};
const selector = `app=${NAME}`;
const list = () => core.listNamespacedPod({namespace: NAMESPACE, labelSelector: selector});
const informer = makeInformer(config, `/api/v1/namespaces/${NAMESPACE}/pods`, list, selector);
const running = new Set();
const whenRunning = count =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`never ${count} pods running: ${[...running]}`)), 20_000);
    const seen = pod => {
      if (pod.status?.phase === 'Running' && !pod.metadata.deletionTimestamp) running.add(pod.metadata.name);
      else running.delete(pod.metadata.name);
      if (running.size !== count) return;
      clearTimeout(timer);
      resolve();
    };
    informer.on('add', seen);
    informer.on('update', seen);
    informer.on('delete', pod => {
      running.delete(pod.metadata.name);
      seen({metadata: {name: pod.metadata.name}});
    });
  });
let stopping = false;
informer.on('error', error => {
  // To stop an informer aborts its request, which it reports like any other end.
  if (stopping) return;
  console.error(error);
  process.exit(1);
});
await informer.start();

const spec = {containers: [{name: 'web', image: 'nginx:1.27'}]};
const body = {metadata: {name: NAME, labels}, spec: {replicas: 2, selector: {matchLabels: labels}, template: {metadata: {labels}, spec}}};
const two = whenRunning(2);
const created = await apps.createNamespacedDeployment({namespace: NAMESPACE, body});
assert.equal(created.spec.revisionHistoryLimit, 10);
await two;

const three = whenRunning(3);
await apps.patchNamespacedDeployment(
  {namespace: NAMESPACE, name: NAME, body: {spec: {replicas: 3}}},
  setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
);
await three;

const applied = await core.patchNamespacedConfigMap(
  {
    namespace: NAMESPACE,
    name: NAME,
    fieldManager: 'client-node',
    body: {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: NAME}, data: {key: 'value'}},
  },
  setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
);
assert.equal(applied.metadata.managedFields[0].operation, 'Apply');

await assert.rejects(core.readNamespacedConfigMap({namespace: NAMESPACE, name: 'missing'}), error => error.code === 404);
await core.deleteNamespacedConfigMap({namespace: NAMESPACE, name: NAME});
const none = whenRunning(0);
await apps.deleteNamespacedDeployment({namespace: NAMESPACE, name: NAME});
await none;
stopping = true;
await informer.stop();
console.log('client-node: ok');
