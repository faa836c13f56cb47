import type {Json, JsonObject} from '../server/api/json.ts';
import type {KubeObject} from '../server/api/object.ts';
import {formatGroupVersion} from '../server/api/object.ts';
import {formatMicroTime, formatTime} from '../server/api/time.ts';
import type {Answer, Client} from './client.ts';
import {valueAt} from './paths.ts';
import type {Step} from './recording.ts';
import type {ScenarioStep} from './scenario.ts';
import {isFinished, type Thing} from './scenario-view.ts';
import {pathOf, typeOfKind, type World} from './scenario-world.ts';

/** How time passes for the cluster that is tested: by itself, or because it is moved. Milliseconds. */
export interface ScenarioTime {
  now(): number;
  pass(delay: number): Promise<void>;
}

export interface Stage {
  client: Client;
  world: World;
  time: ScenarioTime;
  namespace: string;
}

type Action = (step: ScenarioStep, stage: Stage) => Promise<Json | undefined>;

const PATCHES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Does what a step says; gives what the server answered, as it is compared. */
export async function act(step: ScenarioStep, stage: Stage): Promise<Json | undefined> {
  const action = ACTIONS[step.do];
  if (!action) throw new Error(`unknown step ${step.do}`);
  return action(step, stage);
}

const ACTIONS: {readonly [name: string]: Action} = {
  create: (step, stage) =>
    forEach(step.objects!, object => send(step, stage, {method: 'POST', path: placeOf(object, stage), body: complete(object)})),
  apply: (step, stage) =>
    forEach(step.objects!, object => {
      const path = `${placeOf(object, stage, object.metadata.name)}?fieldManager=scenario&force=true`;
      return send(step, stage, patchOf('apply', path, complete(object)));
    }),
  patch(step, stage) {
    const {resource = '', type = 'merge', patch, subresource} = step;
    const [label = '', value] = (step.selector ?? '').split('=');
    const found = step.name ?? stage.world.current(resource).find(({metadata}) => metadata.labels?.[label] === value)?.metadata.name;
    return send(step, stage, patchOf(type, pathOf(resource, {...inNamespace(step, stage), name: found ?? 'none', subresource}), patch!));
  },
  delete(step, stage) {
    const {resource = '', name, selector} = step;
    const path = pathOf(resource, {...inNamespace(step, stage), ...(selector === undefined && {name: name!})});
    const query = selector === undefined ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
    return send(step, stage, {method: 'DELETE', path: path + query, body: deleteOptions(step)});
  },
  async deleteOne(step, stage) {
    const [pod] = await findPods(step, stage);
    const path = pathOf('pods', {namespace: stage.namespace, name: pod!.metadata.name!});
    return send(step, stage, {method: 'DELETE', path, body: deleteOptions(step)});
  },
  scale(step, stage) {
    const path = pathOf(step.resource!, {namespace: stage.namespace, name: step.name!, subresource: 'scale'});
    return send(step, stage, patchOf('merge', path, {spec: {replicas: step.replicas!}}));
  },
  async evict(step, stage) {
    const {namespace} = stage;
    const name = step.name ?? (await findPods(step, stage))[0]!.metadata.name!;
    const body = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: {name, namespace},
      ...(step.options && {deleteOptions: step.options}),
    };
    return send(step, stage, {method: 'POST', path: pathOf('pods', {namespace, name, subresource: 'eviction'}), body});
  },
  /** `kubectl rollout undo`: the template of the ReplicaSet with that revision is put back. */
  async rollback(step, stage) {
    const hasRevision = ({metadata}: Thing) => metadata.annotations?.['deployment.kubernetes.io/revision'] === step.revision;
    const set = stage.world.current('replicasets').find(hasRevision);
    if (!set) throw new Error('no such revision');
    const template = structuredClone(set.spec!.template) as {metadata: {labels: {[label: string]: string}}};
    delete template.metadata.labels['pod-template-hash'];
    const path = pathOf('deployments', {namespace: stage.namespace, name: step.name!});
    return send(step, stage, patchOf('json', path, [{op: 'replace', path: '/spec/template', value: template as unknown as Json}]));
  },
  async podStatus(step, stage) {
    let answer: Json | undefined;
    for (const pod of (await findPods(step, stage)).slice(0, step.count ?? 1)) {
      const path = pathOf('pods', {namespace: stage.namespace, name: pod.metadata.name!, subresource: 'status'});
      answer = await send(step, stage, patchOf('strategic', path, {status: statusFor(step, pod, formatTime(stage.time.now()))}));
    }
    return answer;
  },
  renewLease(step, stage) {
    const [name, namespace] = [step.name!, 'kube-node-lease'];
    const spec = {holderIdentity: name, leaseDurationSeconds: 40, renewTime: formatMicroTime(stage.time.now())};
    const lease = {apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: {name, namespace}, spec};
    return send(step, stage, patchOf('apply', `${pathOf('leases', {namespace, name})}?fieldManager=scenario&force=true`, lease));
  },
  async request(step, stage) {
    const {method = 'GET', path, body, headers = {}, pick} = step;
    const answer = await request(step, stage, {method, path: path!, headers, ...(body !== undefined && {body})});
    const summary = summarize(answer, stage.world);
    if (!pick || answer.status >= 300) return summary;
    const picked = pick.map(each => [each, stage.world.names.value(valueAt(answer.body, each) ?? null)!]);
    return {...summary, picked: Object.fromEntries(picked)};
  },
  async advance(step, stage) {
    await stage.time.pass(step.seconds! * 1000);
    return undefined;
  },
  nothing: async () => undefined,
};

async function forEach(objects: readonly KubeObject[], write: (object: KubeObject) => Promise<Json>): Promise<Json> {
  const answers: Json[] = [];
  for (const object of objects) answers.push(await write(object));
  return answers.length === 1 ? answers[0]! : answers;
}

const complete = (object: KubeObject): JsonObject => ({apiVersion: formatGroupVersion(typeOfKind(object.kind!)), ...object}) as JsonObject;

const placeOf = ({kind, metadata}: KubeObject, {namespace}: Stage, name?: string): string =>
  pathOf(typeOfKind(kind!).resource, {namespace: metadata.namespace ?? namespace, ...(name !== undefined && {name})});

const inNamespace = (step: ScenarioStep, stage: Stage) => ({namespace: step.namespace ?? stage.namespace});

const patchOf = (type: keyof typeof PATCHES, path: string, body: Json): Step => ({
  method: 'PATCH',
  path,
  body,
  headers: {'Content-Type': PATCHES[type]},
});

const deleteOptions = ({options}: ScenarioStep): JsonObject => ({kind: 'DeleteOptions', apiVersion: 'v1', ...options});

const request = ({as}: ScenarioStep, {client}: Stage, step: Step): Promise<Answer> => client.send({...step, ...(as && {as: `user:${as}`})});

const send = async (step: ScenarioStep, stage: Stage, sent: Step): Promise<Json> =>
  summarize(await request(step, stage, sent), stage.world);

/** What counts of an answer: its status, and why it is none. */
function summarize({status, body, error}: Answer, {names}: World): JsonObject {
  if (status > 0 && status < 300) return {status};
  const {reason, message = error} = (body ?? {}) as {reason?: string; message?: string};
  return {status, ...(reason && {reason}), ...(message && {message: names.text(message)})};
}

const POLL = 100;
const PATIENCE = 150;

/** As many pods as the step wants, by name; waits until they are there. */
async function findPods({selector = '', count = 1, index}: ScenarioStep, {world, time}: Stage): Promise<Thing[]> {
  const [label = '', value] = selector.split('=');
  const wanted = ({metadata: {labels, deletionTimestamp}, status}: Thing) =>
    labels?.[label] === value &&
    !deletionTimestamp &&
    !isFinished(status) &&
    (index === undefined || labels?.['batch.kubernetes.io/job-completion-index'] === String(index));
  for (let attempt = 0; attempt < PATIENCE; attempt++) {
    const found = world.current('pods').filter(wanted);
    if (found.length >= count) return found.sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1));
    await time.pass(POLL);
  }
  throw new Error(`no pod for ${selector}`);
}

/** What a kubelet would say of a pod that ends, or becomes ready or unready. */
function statusFor({phase, exitCode, ready, conditions = []}: ScenarioStep, {spec}: Thing, now: string): JsonObject {
  const own: JsonObject[] = [];
  const status: JsonObject = {};
  if (phase === 'Failed' || phase === 'Succeeded') {
    const failed = phase === 'Failed';
    const terminated = {exitCode: exitCode ?? (failed ? 1 : 0), reason: failed ? 'Error' : 'Completed', startedAt: now, finishedAt: now};
    const base = {imageID: '', ready: false, restartCount: 0, state: {terminated}};
    Object.assign(status, {
      phase,
      containerStatuses: (spec!.containers as JsonObject[]).map(({name, image}) => ({name: name!, image: image!, ...base})),
    });
    own.push({type: 'Ready', status: 'False', reason: failed ? 'PodFailed' : 'PodCompleted', lastTransitionTime: now});
  } else if (ready !== undefined) own.push({type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: now});
  else if (phase !== undefined) status.phase = phase;
  const all = [...own, ...conditions.map(condition => ({lastTransitionTime: now, ...condition}))];
  return {...status, ...(all.length > 0 && {conditions: all})};
}
