import assert from 'node:assert/strict';
import type {AdvanceOptions, Timing} from '../../../controllers/kubelet/advance.ts';
import {advance, endContainers, stopContainers} from '../../../controllers/kubelet/advance.ts';
import {interpretCommand} from '../../../controllers/kubelet/command.ts';
import {resolveImage} from '../../../controllers/kubelet/images.ts';
import type {PodRecord} from '../../../controllers/kubelet/pod-record.ts';
import {newPodRecord} from '../../../controllers/kubelet/pod-record.ts';
import {podStatus, statusPatch} from '../../../controllers/kubelet/pod-status.ts';
import type {Container, Pod, PodSpec} from '../../../server/api/kinds.generated.ts';

const START = Date.parse('2030-01-01T00:00:00Z');
const FAST: Timing = {pull: 0, start: 0, stop: 0, job: 500, probes: false};

interface Life {
  record: PodRecord;
  /** Takes the pod to `seconds` after its start; gives what there is to see. */
  at(seconds: number, changes?: Partial<AdvanceOptions>): string;
  due: number | undefined;
  events: string[];
}

const pod = (spec: Partial<PodSpec>, metadata: object = {}): Pod => ({
  metadata: {name: 'p', namespace: 'n', uid: 'u', generation: 1, ...metadata},
  spec: {containers: [{name: 'c', image: 'nginx'}], ...spec},
  status: {phase: 'Pending'},
});

const sh = (name: string, script: string, more: Partial<Container> = {}): Container => ({
  name,
  image: 'busybox',
  command: ['sh', '-c', script],
  ...more,
});

function live(one: Pod, changes: Partial<AdvanceOptions> = {}): Life {
  const record = newPodRecord(one);
  const life: Life = {
    record,
    due: undefined,
    events: [],
    at(seconds, more = {}) {
      const now = START + seconds * 1000;
      const due = advance(record, {
        now,
        timing: FAST,
        random: {float: () => 0, integer: () => 0, bytes: length => new Uint8Array(length), uuid: () => ''},
        interpret: ({spec}) => interpretCommand([...(spec.command ?? []), ...(spec.args ?? [])], {env: new Map()}),
        pullFails: image => image.endsWith(':does-not-exist'),
        present: () => true,
        event: (_type, reason, message) => void life.events.push(`${reason}: ${message}`),
        ...changes,
        ...more,
      });
      life.due = due === undefined ? undefined : (due - START) / 1000;
      return describeStatus(record, now);
    },
  };
  return life;
}

/** `Running ready c=running(0)`: phase, readiness, containers with their restarts. */
function describeStatus(record: PodRecord, now: number): string {
  const {phase, conditions, initContainerStatuses = [], containerStatuses = []} = podStatus(record, {now, image: resolveImage});
  const ready = conditions!.find(({type}) => type === 'Ready')!.status === 'True';
  const containers = [...initContainerStatuses, ...containerStatuses].map(({name, state, restartCount}) => {
    const {waiting, terminated} = state!;
    const text = waiting?.reason ?? (terminated ? `exit ${terminated.exitCode}` : 'running');
    return `${name}=${text}${restartCount ? `(${restartCount})` : ''}`;
  });
  return [phase, ...(ready ? ['ready'] : []), ...containers].join(' ');
}

describe('a pod on a simulated node', () => {
  it('runs at once and is ready', () => {
    const life = live(pod({}));
    assert.equal(life.at(0), 'Running ready c=running');
    assert.equal(life.due, undefined);
    assert.deepEqual(life.events, [
      'Pulled: Container image "nginx" already present on machine and can be accessed by the pod',
      'Created: Container created',
      'Started: Container started',
    ]);
  });

  it('starts init containers in order, then the others', () => {
    const life = live(pod({initContainers: [sh('a', 'sleep 1'), sh('b', 'sleep 2')]}));
    assert.equal(life.at(0), 'Pending a=running b=PodInitializing c=PodInitializing');
    assert.equal(life.due, 1);
    assert.equal(life.at(1), 'Pending a=exit 0 b=running c=PodInitializing');
    assert.equal(life.at(3), 'Running ready a=exit 0 b=exit 0 c=running');
  });

  it('goes through init containers that do nothing in one step', () => {
    assert.equal(live(pod({initContainers: [sh('a', 'true')]})).at(0), 'Running ready a=exit 0 c=running');
  });

  it('keeps sidecars running until the others have ended', () => {
    const sidecar: Container = {name: 's', image: 'i', restartPolicy: 'Always'};
    const life = live(pod({initContainers: [sidecar], containers: [sh('c', 'sleep 1')], restartPolicy: 'Never'}));
    assert.equal(life.at(0), 'Running ready s=running c=running');
    assert.equal(life.at(1), 'Succeeded s=exit 0 c=exit 0');
  });

  it('fails when an init container fails and may not be repeated', () => {
    assert.equal(live(pod({initContainers: [sh('a', 'exit 3')], restartPolicy: 'Never'})).at(0), 'Failed a=exit 3 c=PodInitializing');
  });

  it('succeeds or fails as its command does', () => {
    assert.equal(live(pod({containers: [sh('c', 'exit 0')], restartPolicy: 'Never'})).at(0), 'Succeeded c=exit 0');
    assert.equal(live(pod({containers: [sh('c', 'exit 3')], restartPolicy: 'Never'})).at(0), 'Failed c=exit 3');
    assert.equal(live(pod({containers: [sh('c', 'exit 0')], restartPolicy: 'OnFailure'})).at(0), 'Succeeded c=exit 0');
  });

  it('restarts at once, then with pauses that double', () => {
    const life = live(pod({containers: [sh('c', 'exit 1')]}));
    assert.equal(life.at(0), 'Running c=CrashLoopBackOff(1)');
    assert.equal(life.due, 10);
    assert.equal(life.at(10), 'Running c=CrashLoopBackOff(2)');
    assert.equal(life.due, 30);
    assert.equal(life.at(30), 'Running c=CrashLoopBackOff(3)');
    assert.equal(life.due, 70);
    assert.ok(life.events.includes('BackOff: Back-off restarting failed container c in pod p_n(u)'));
    const [status] = podStatus(life.record, {now: START, image: resolveImage}).containerStatuses!;
    assert.equal(status!.state!.waiting!.message, 'back-off 40s restarting failed container=c pod=p_n(u)');
    assert.equal(status!.lastState!.terminated!.exitCode, 1);
  });

  it('tells no more than KWOK does where the node asks for that', () => {
    const life = live(pod({containers: [sh('c', 'sleep 9')]}));
    life.at(0);
    const told = (kwok: boolean) => {
      const {conditions, containerStatuses} = podStatus(life.record, {now: START, image: resolveImage, kwok});
      return [...conditions!.map(({type}) => type), ...Object.keys(containerStatuses![0]!)];
    };
    assert.deepEqual(
      told(false).filter(name => !told(true).includes(name)),
      ['PodReadyToStartContainers', 'containerID', 'resources'],
    );
  });

  it('completes soon if a Job owns it and its command says nothing', () => {
    const ownerReferences = [{apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j', controller: true}];
    const life = live(pod({restartPolicy: 'Never'}, {ownerReferences}));
    assert.equal(life.at(0), 'Running ready c=running');
    assert.equal(life.due, 0.5);
    assert.equal(life.at(0.5), 'Succeeded c=exit 0');
    const sleeping = live(pod({containers: [sh('c', 'sleep 60')], restartPolicy: 'Never'}, {ownerReferences}));
    sleeping.at(0);
    assert.equal(sleeping.due, 60);
  });

  it('cannot pull an image that does not exist', () => {
    const life = live(pod({containers: [{name: 'c', image: 'nginx:does-not-exist'}]}));
    assert.equal(life.at(0), 'Pending c=ErrImagePull');
    assert.equal(life.at(1), 'Pending c=ImagePullBackOff');
    assert.equal(life.due, 11);
    assert.equal(life.at(11), 'Pending c=ErrImagePull');
    life.record.pod = {...life.record.pod, spec: {containers: [{name: 'c', image: 'nginx:1.27'}]}};
    assert.equal(life.at(22), 'Running ready c=running');
  });

  it('waits for a ConfigMap', () => {
    const life = live(pod({}));
    assert.equal(life.at(0, {missing: () => 'configmap "x" not found'}), 'Pending c=CreateContainerConfigError');
    assert.deepEqual(life.events, ['Failed: Error: configmap "x" not found']);
    assert.equal(life.at(1), 'Running ready c=running');
  });

  it('ends at its deadline', () => {
    const life = live(pod({activeDeadlineSeconds: 5}));
    life.at(0);
    assert.equal(life.due, 5);
    assert.equal(life.at(5), 'Failed c=exit 137');
    assert.equal(life.record.reason, 'DeadlineExceeded');
  });

  it('restarts a container whose image changed', () => {
    const life = live(pod({}));
    life.at(0);
    life.record.pod = {...life.record.pod, spec: {containers: [{name: 'c', image: 'nginx:2'}]}};
    assert.equal(life.at(1), 'Running ready c=running(1)');
    assert.ok(life.events.includes('Killing: Container c definition changed, will be restarted'));
  });

  it('takes its time where the profile says so', () => {
    const timing = {...FAST, pull: 1000, start: 500, probes: true};
    const life = live(pod({containers: [{name: 'c', image: 'i', readinessProbe: {initialDelaySeconds: 3}}]}), {
      timing,
      present: () => false,
    });
    assert.equal(life.at(0), 'Pending c=ContainerCreating');
    assert.equal(life.due, 1.5);
    assert.equal(life.at(1.5), 'Running c=running');
    assert.equal(life.due, 4.5);
    assert.equal(life.at(4.5), 'Running ready c=running');
  });

  it('shows how it ended until it begins anew', () => {
    const life = live(pod({containers: [sh('c', 'exit 3')]}), {timing: {...FAST, start: 500}});
    life.at(0);
    assert.equal(life.at(0.5), 'Running c=exit 3');
    const [status] = podStatus(life.record, {now: START, image: resolveImage}).containerStatuses!;
    assert.deepEqual([status?.lastState, status?.ready], [{}, false]);
    assert.equal(life.at(1), 'Running c=CrashLoopBackOff(1)');
  });

  it('ends as its annotations say', () => {
    const life = live(pod({restartPolicy: 'Never'}, {annotations: {'kubedouble.dev/run-for': '5s', 'kubedouble.dev/exit-code': '7'}}));
    life.at(0);
    assert.equal(life.due, 5);
    assert.equal(life.at(5), 'Failed c=exit 7');
  });

  it('is not ready while its readiness probe is made to fail', () => {
    const failing = {'kubedouble.dev/fail-probes': 'readiness'};
    const one = pod({containers: [{name: 'c', image: 'i', readinessProbe: {}}]}, {annotations: failing});
    const life = live(one);
    assert.equal(life.at(0), 'Running c=running');
    life.record.pod = {...one, metadata: {...one.metadata, annotations: {}}};
    assert.equal(life.at(1), 'Running ready c=running');
  });

  it('is restarted when its liveness probe is made to fail', () => {
    const livenessProbe = {initialDelaySeconds: 1, periodSeconds: 2, failureThreshold: 3};
    const life = live(
      pod({containers: [{name: 'c', image: 'i', livenessProbe}]}, {annotations: {'kubedouble.dev/fail-probes': 'liveness'}}),
    );
    life.at(0);
    assert.equal(life.due, 7);
    assert.equal(life.at(7), 'Running ready c=running(1)');
    assert.ok(life.events.includes('Killing: Container c failed liveness probe, will be restarted'));
  });

  it('goes on where an earlier kubelet stopped', () => {
    const first = live(pod({containers: [sh('c', 'sleep 60')], restartPolicy: 'Never'}));
    first.at(0);
    const status = podStatus(first.record, {now: START, image: resolveImage});
    const second = live({...first.record.pod, status});
    assert.equal(second.at(30), 'Running ready c=running');
    assert.equal(second.due, 60);
    assert.deepEqual(second.events, []);
    assert.equal(second.at(60), 'Succeeded c=exit 0');
  });

  it('is told to stop once', () => {
    const life = live(pod({}, {deletionGracePeriodSeconds: 30}));
    life.at(0);
    const events: string[] = [];
    const options = {
      now: START + 1000,
      timing: {...FAST, stop: 2000},
      event: (_: string, reason: string, message: string) => void events.push(`${reason}: ${message}`),
    };
    assert.equal(stopContainers(life.record, options as never), START + 3000);
    stopContainers(life.record, {...options, now: START + 3000} as never);
    assert.deepEqual(events, ['Killing: Stopping container c']);
    endContainers(life.record, {now: START + 3000});
    assert.equal(describeStatus(life.record, START + 3000), 'Failed c=exit 143');
  });

  it('sleeps before it stops as its hook says, within its grace', () => {
    const preStop = {sleep: {seconds: 5}};
    const life = live(pod({containers: [{name: 'c', image: 'nginx', lifecycle: {preStop}}]}, {deletionGracePeriodSeconds: 6}));
    life.at(0);
    const options = {now: START, timing: {...FAST, stop: 500}, event: () => {}};
    assert.equal(stopContainers(life.record, options as never), START + 5500);
    const short = live(pod(life.record.pod.spec, {deletionGracePeriodSeconds: 3}));
    short.at(0);
    assert.equal(stopContainers(short.record, options as never), START + 3000);
  });

  it('failed if it goes before it ran, and succeeded if all had ended well', () => {
    const waiting = live(pod({containers: [{name: 'c', image: 'a:does-not-exist'}]}));
    waiting.at(0);
    endContainers(waiting.record, {now: START});
    const [status] = podStatus(waiting.record, {now: START, image: resolveImage}).containerStatuses!;
    assert.deepEqual([waiting.record.phase, status?.state?.terminated?.reason], ['Failed', 'ContainerStatusUnknown']);
    const done = live(pod({containers: [sh('c', 'exit 0'), sh('d', 'sleep 60')], restartPolicy: 'Never'}));
    done.at(0);
    endContainers(done.record, {now: START});
    assert.equal(describeStatus(done.record, START), 'Failed c=exit 0 d=exit 143');
  });
});

describe('the status of a pod', () => {
  it('has the conditions in their order, with the generation they are about', () => {
    const life = live(pod({readinessGates: [{conditionType: 'x/gate'}]}));
    life.at(0);
    const {conditions} = podStatus(life.record, {now: START, image: resolveImage});
    assert.deepEqual(
      conditions!.map(({type, status, observedGeneration}) => `${type}=${status}@${observedGeneration}`),
      ['PodReadyToStartContainers=True@1', 'Initialized=True@1', 'Ready=False@1', 'ContainersReady=True@1', 'PodScheduled=True@1'],
    );
    assert.equal(conditions![2]!.message, 'corresponding condition of pod readiness gate "x/gate" does not exist.');
  });

  it('is written only where it changed', () => {
    const life = live(pod({}));
    life.at(0);
    const write = () => statusPatch(life.record, podStatus(life.record, {now: START, image: resolveImage}));
    assert.ok(write());
    assert.equal(write(), undefined);
    life.record.podIP = '10.0.0.1';
    assert.deepEqual(write(), {metadata: {uid: 'u'}, status: {podIP: '10.0.0.1', podIPs: [{ip: '10.0.0.1'}]}});
  });

  it('has the mounts of its containers', () => {
    const volumeMounts = [
      {name: 'a', mountPath: '/a'},
      {name: 'b', mountPath: '/b', readOnly: true},
      {name: 'c', mountPath: '/c', readOnly: true, recursiveReadOnly: 'IfPossible'},
    ];
    const life = live(pod({containers: [{name: 'c', image: 'nginx', volumeMounts}]}));
    life.at(0);
    assert.deepEqual(podStatus(life.record, {now: START, image: resolveImage}).containerStatuses![0]!.volumeMounts, [
      {name: 'a', mountPath: '/a'},
      {name: 'b', mountPath: '/b', readOnly: true, recursiveReadOnly: 'Disabled'},
      {name: 'c', mountPath: '/c', readOnly: true, recursiveReadOnly: 'Enabled'},
    ]);
  });

  it('names images in full', () => {
    assert.equal(resolveImage('nginx').image, 'docker.io/library/nginx:latest');
    assert.equal(resolveImage('quay.io/a/b:1').image, 'quay.io/a/b:1');
    assert.match(resolveImage('a/b:1').imageID, /^docker\.io\/a\/b@sha256:[0-9a-f]{64}$/);
  });
});
