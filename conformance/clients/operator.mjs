/**
 * An operator of @kubernetes/client-node with its test: a CRD, a validating and mutating webhook over TLS, an informer, server-side apply of
 * what is owned, a finalizer, conditions, events; then exec, attach, logs, port-forward and copies of streams as its users want them.
 * KUBECONFIG says where. Needs openssl. Exit status 0: everything was as with a real cluster.
 */
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer} from 'node:https';
import {connect, createServer as createTcpServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {PassThrough} from 'node:stream';
import {text} from 'node:stream/consumers';
import * as k8s from '@kubernetes/client-node';

const GROUP = 'node.kubedouble.dev';
const NAMESPACE = 'default';
const PLURAL = 'sites';
const FINALIZER = `${GROUP}/cleanup`;
const plural = {group: GROUP, version: 'v1', namespace: NAMESPACE, plural: PLURAL};

const config = new k8s.KubeConfig();
config.loadFromDefault();
const custom = config.makeApiClient(k8s.CustomObjectsApi);
const core = config.makeApiClient(k8s.CoreV1Api);
const extensions = config.makeApiClient(k8s.ApiextensionsV1Api);
const admission = config.makeApiClient(k8s.AdmissionregistrationV1Api);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const merge = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch);

async function eventually(what, check) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await Promise.resolve(check()).catch(error => (error.code === 404 ? undefined : Promise.reject(error)));
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

const isGone = read =>
  read().then(
    () => false,
    error => error.code === 404,
  );

async function installDefinition() {
  const schema = {
    type: 'object',
    properties: {
      spec: {type: 'object', required: ['title'], properties: {title: {type: 'string'}, color: {type: 'string'}}},
      status: {
        type: 'object',
        properties: {
          conditions: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['type'],
            items: {type: 'object', required: ['type'], properties: {type: {type: 'string'}, status: {type: 'string'}}},
          },
        },
      },
    },
  };
  await extensions.createCustomResourceDefinition({
    body: {
      metadata: {name: `${PLURAL}.${GROUP}`},
      spec: {
        group: GROUP,
        scope: 'Namespaced',
        names: {plural: PLURAL, singular: 'site', kind: 'Site'},
        versions: [{name: 'v1', served: true, storage: true, subresources: {status: {}}, schema: {openAPIV3Schema: schema}}],
      },
    },
  });
  await eventually('the definition is established', async () => {
    const {status} = await extensions.readCustomResourceDefinition({name: `${PLURAL}.${GROUP}`});
    return status?.conditions?.some(({type, status}) => type === 'Established' && status === 'True');
  });
}

/** One server that denies black sites and paints those without a color. */
async function serveWebhooks() {
  const folder = mkdtempSync(join(tmpdir(), 'webhook-'));
  const [keyFile, certificateFile] = ['tls.key', 'tls.crt'].map(name => join(folder, name));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...kind, ...subject, '-keyout', keyFile, '-out', certificateFile], {stdio: 'ignore'});
  const [key, cert] = [readFileSync(keyFile), readFileSync(certificateFile)];
  rmSync(folder, {recursive: true});
  const server = createServer({key, cert}, async (request, response) => {
    const {apiVersion, kind, request: review} = JSON.parse(await text(request));
    const {color} = review.object.spec;
    const patch = [{op: 'add', path: '/spec/color', value: 'white'}];
    const answer =
      request.url.split('?')[0] === '/validate'
        ? {allowed: color !== 'black', ...(color === 'black' && {status: {code: 403, message: 'no black sites'}}), warnings: ['looked at']}
        : {
            allowed: true,
            ...(color === undefined && {patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64')}),
          };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({apiVersion, kind, response: {uid: review.uid, ...answer}}));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const hook = path => ({
    name: `${path}.${GROUP}`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: {url: `https://localhost:${server.address().port}/${path}`, caBundle: cert.toString('base64')},
    rules: [{apiGroups: [GROUP], apiVersions: ['v1'], resources: [PLURAL], operations: ['CREATE', 'UPDATE']}],
  });
  const metadata = {name: GROUP};
  await admission.createValidatingWebhookConfiguration({body: {metadata, webhooks: [hook('validate')]}});
  await admission.createMutatingWebhookConfiguration({body: {metadata, webhooks: [hook('mutate')]}});
  return server;
}

/** Reconciles sites: each owns a ConfigMap, holds a finalizer and says so in a condition. */
async function startOperator() {
  const list = () => custom.listNamespacedCustomObject(plural);
  const informer = k8s.makeInformer(config, `/apis/${GROUP}/v1/namespaces/${NAMESPACE}/${PLURAL}`, list);
  const released = [];
  let queue = Promise.resolve();
  let stopping = false;
  const reconcile = async ({metadata}) => {
    const site = await custom.getNamespacedCustomObject({...plural, name: metadata.name}).catch(() => undefined);
    if (!site) return;
    const {name, uid, deletionTimestamp, finalizers = []} = site.metadata;
    if (deletionTimestamp) {
      released.push(name);
      const body = {metadata: {finalizers: finalizers.filter(one => one !== FINALIZER), resourceVersion: site.metadata.resourceVersion}};
      await custom.patchNamespacedCustomObject({...plural, name, body}, merge);
      return;
    }
    if (!finalizers.includes(FINALIZER))
      await custom.patchNamespacedCustomObject({...plural, name, body: {metadata: {finalizers: [...finalizers, FINALIZER]}}}, merge);
    const ownerReferences = [{apiVersion: `${GROUP}/v1`, kind: 'Site', name, uid, controller: true, blockOwnerDeletion: true}];
    const child = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {name, namespace: NAMESPACE, ownerReferences},
      data: {title: site.spec.title},
    };
    await objects.patch(child, undefined, undefined, 'site-operator', true, k8s.PatchStrategy.ServerSideApply);
    const status = {conditions: [{type: 'Ready', status: 'True'}]};
    await custom.patchNamespacedCustomObjectStatus({...plural, name, body: {status}}, merge);
  };
  const enqueue = object => {
    queue = queue.then(() => reconcile(object)).catch(error => console.error('reconcile', error.body ?? error));
  };
  informer.on('add', enqueue);
  informer.on('update', enqueue);
  informer.on('error', error => {
    if (!stopping) throw error;
  });
  await informer.start();
  const stop = async () => {
    stopping = true;
    await informer.stop();
    await queue;
  };
  return {informer, released, stop};
}

const site = (name, spec) => ({...plural, body: {apiVersion: `${GROUP}/v1`, kind: 'Site', metadata: {name}, spec}});

async function useOperator({informer, released}) {
  await assert.rejects(custom.createNamespacedCustomObject(site('dark', {title: 'x', color: 'black'})), error => {
    assert.equal(error.code, 403);
    assert.match(String(error.body?.message ?? error.body), /denied the request: no black sites/);
    return true;
  });
  const made = await custom.createNamespacedCustomObject(site('home', {title: 'Home'}));
  assert.equal(made.spec.color, 'white');
  const read = () => custom.getNamespacedCustomObject({...plural, name: 'home'});
  const readChild = () => core.readNamespacedConfigMap({name: 'home', namespace: NAMESPACE});
  await eventually('it is ready', async () => (await read()).status?.conditions?.[0].status === 'True');
  assert.equal((await readChild()).metadata.ownerReferences[0].uid, made.metadata.uid);
  await custom.patchNamespacedCustomObject({...plural, name: 'home', body: {spec: {title: 'Changed'}}}, merge);
  await eventually('the child follows', async () => (await readChild()).data.title === 'Changed');
  assert.equal(informer.get('home', NAMESPACE).metadata.uid, made.metadata.uid);
  await custom.deleteNamespacedCustomObject({...plural, name: 'home'});
  await eventually('it is gone', () => isGone(read));
  await eventually('its child is gone', () => isGone(readChild));
  assert.deepEqual(released, ['home']);
}

/** The text that a command writes, and how it ended. */
async function exec(pod, command, input) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const out = text(stdout);
  const status = await new Promise((resolve, reject) => {
    new k8s.Exec(config).exec(NAMESPACE, pod, 'c', command, stdout, stderr, input ?? null, false, resolve).catch(reject);
  });
  stdout.end();
  return {out: await out, status};
}

async function useStreams() {
  const pod = 'streams';
  const containers = [{name: 'c', image: 'busybox', command: ['sh', '-c', 'echo begun; sleep 3600']}];
  await core.createNamespacedPod({namespace: NAMESPACE, body: {metadata: {name: pod}, spec: {containers}}});
  await eventually(
    'the pod runs',
    async () => (await core.readNamespacedPod({name: pod, namespace: NAMESPACE})).status.phase === 'Running',
  );
  const run = await exec(pod, ['sh', '-c', 'echo hi; exit 3']);
  assert.equal(run.out, 'hi\n');
  assert.deepEqual(run.status.details.causes, [{reason: 'ExitCode', message: '3'}]);
  const input = new PassThrough();
  input.write('echo one\nexit\n');
  assert.equal((await exec(pod, ['sh'], input)).out, 'one\n');

  const log = new PassThrough();
  const request = await new k8s.Log(config).log(NAMESPACE, pod, 'c', log, {follow: true});
  const [line] = await new Promise(resolve => log.once('data', chunk => resolve(String(chunk).split('\n'))));
  assert.equal(line, 'begun');
  request.abort();

  // Nothing listens in the pod: the forwarded connection is told so and ends.
  const errors = new PassThrough();
  const forwarder = new k8s.PortForward(config, true);
  const server = createTcpServer(socket => {
    forwarder.portForward(NAMESPACE, pod, [80], socket, errors, socket).catch(error => socket.destroy(error));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const socket = connect(server.address().port, '127.0.0.1');
  const [told] = await new Promise(resolve => errors.once('data', chunk => resolve([String(chunk)])));
  assert.match(told, /connection refused/);
  socket.destroy();
  server.close();
  await core.deleteNamespacedPod({name: pod, namespace: NAMESPACE, gracePeriodSeconds: 0});
}

await installDefinition();
const webhooks = await serveWebhooks();
const operator = await startOperator();
await useOperator(operator);
await useStreams();
await operator.stop();
await admission.deleteValidatingWebhookConfiguration({name: GROUP});
await admission.deleteMutatingWebhookConfiguration({name: GROUP});
webhooks.close();
webhooks.closeAllConnections();
await extensions.deleteCustomResourceDefinition({name: `${PLURAL}.${GROUP}`});
console.log('client-node operator: ok');
