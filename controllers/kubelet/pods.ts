import type {Duplex} from 'node:stream';
import type {ApiClient} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import type {Json, JsonObject} from '../../server/api/json.ts';
import {isObject} from '../../server/api/json.ts';
import type {Pod, Service} from '../../server/api/kinds.generated.ts';
import type {Random} from '../../server/api/random.ts';
import {pods} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import {formatTime} from '../../server/api/time.ts';
import type {Running} from '../runtime/controller.ts';
import {startController} from '../runtime/controller.ts';
import type {Informer} from '../runtime/informer.ts';
import {keyOf} from '../runtime/informer.ts';
import {createWorkQueue} from '../runtime/queue.ts';
import type {Refusal} from './admit.ts';
import {isUnscheduled, refusePod, refuseSystem} from './admit.ts';
import type {AdvanceOptions, Timing} from './advance.ts';
import {advance, endContainers, stopContainers} from './advance.ts';
import type {Config} from './config.ts';
import {createConfigLoader} from './config.ts';
import type {ContainerProcesses} from './container-process.ts';
import {createContainerProcesses} from './container-process.ts';
import type {Host} from './hosts.ts';
import type {ImageReference} from './images.ts';
import {resolveImage} from './images.ts';
import {isKwok} from './node-object.ts';
import {createPodAddresses, NETWORK_WAIT} from './pod-addresses.ts';
import {listens, openPort} from './pod-ports.ts';
import type {ContainerRecord, PodRecord} from './pod-record.ts';
import {endContainer, newPodRecord} from './pod-record.ts';
import {podStatus, statusPatch} from './pod-status.ts';
import {evictionMessage, pressureOf} from './pressure.ts';
import {resizeContainers} from './resize.ts';
import {changeFinalizers, removeObject, type StageTarget, sendPatch} from './stage-actions.ts';
import type {Stage} from './stages/stage.ts';
import {chooseStage} from './stages/stage.ts';
import type {TemplateFunctions} from './stages/template-expression.ts';

export interface PodManagerOptions {
  client: ApiClient;
  clock: Clock;
  random: Random;
  informer: Informer<Pod>;
  services: Informer<Service>;
  /** The first list with a stage that matches a pod is the one it is chosen from. */
  stages(): readonly (readonly Stage[])[];
  host(name: string): Host | undefined;
  pullFails(image: string): boolean;
  report(name: string, key: string, error: unknown): void;
}

export interface PodManager extends Running {
  /** A node came or changed: its pods may go on. */
  hostChanged(host: Host): void;
  /** Every pod may have other Stages now. */
  stagesChanged(): void;
  /** What is known of a pod, for its kubelet's HTTP interface. */
  record(namespace: string, name: string): PodRecord | undefined;
  records(node: string): Iterable<PodRecord>;
  enter: ContainerProcesses['enter'];
  exited(record: PodRecord, container: ContainerRecord, code: number): void;
  /** Connects to what listens at an address of the pods' network. */
  connect(address: string, port: number): Duplex | undefined;
  /** Calls back when something about the pod changes, until the returned function is called. */
  onChange(namespace: string, name: string, run: () => void): () => void;
}

const NO_WAIT: Timing = {pull: 0, start: 0, stop: 0, job: 0, probes: false};
/** How long a pod that the node cannot take waits for its end, in ms: some controllers make it anew at once, again and again. */
const REFUSAL = 1000;
const WORKERS = 64;
const BY_NODE = 'node';

interface Worked {
  record: PodRecord;
  /** The stage that the pod waits for. */
  plan?: {stage: Stage; due: number};
  config?: Config;
  configOf?: Pod['spec'];
  /** When it is refused, if it still has to be. */
  refusedAt?: number;
}

/** Plays the stages of all pods on simulated nodes. */
export function startPods(options: PodManagerOptions): PodManager {
  const {client, clock, random, informer, services, stages, host: hostOf, pullFails, report} = options;
  const queue = createWorkQueue(clock, {base: 100, max: 30_000});
  const worked = new Map<string, Worked>();
  const images = new Map<string, ImageReference>();
  const addresses = createPodAddresses(clock);
  const configs = createConfigLoader(client, key => queue.add(key));
  const config = ({pod}: PodRecord) => worked.get(keyOf(pod))?.config;
  const processes = createContainerProcesses({client, clock, services, host: hostOf, config});

  const listeners = new Map<string, Set<() => void>>();
  const notify = (key: string) => {
    for (const run of listeners.get(key) ?? []) run();
  };

  const image = (name: string): ImageReference => {
    let reference = images.get(name);
    if (!reference) {
      reference = resolveImage(name);
      images.set(name, reference);
    }
    return reference;
  };

  function* recordsOn(node: string): Iterable<PodRecord> {
    for (const {record} of worked.values()) if (record.pod.spec.nodeName === node) yield record;
  }

  const forget = (key: string, one: Worked) => {
    worked.delete(key);
    for (const container of one.record.containers) endContainer(container, clock.now());
    notify(key);
    addresses.release(one.record, hostOf(one.record.pod.spec.nodeName!));
  };

  const workOn = (key: string, pod: Pod, host: Host): Worked => {
    let one = worked.get(key);
    if (one && one.record.uid !== pod.metadata.uid) {
      forget(key, one);
      one = undefined;
    }
    if (!one) {
      one = {record: newPodRecord(pod)};
      worked.set(key, one);
      addresses.reserve(one.record, host);
    }
    one.record.pod = pod;
    if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') one.record.phase = pod.status.phase;
    return one;
  };

  const reconcile = async (key: string) => {
    const pod = informer.get(key);
    const known = worked.get(key);
    const host = pod?.spec.nodeName ? hostOf(pod.spec.nodeName) : undefined;
    if (!pod || !host) {
      if (known) forget(key, known);
      return undefined;
    }
    const one = workOn(key, pod, host);
    const stage = firstStage(stages(), pod as unknown as JsonObject, random);
    if (!stage) return undefined;
    const now = clock.now();
    if (one.plan?.stage !== stage) one.plan = {stage, due: now + stage.delay(pod as unknown as JsonObject, now, random)};
    if (one.plan.due > now) return {requeueAfter: one.plan.due - now};
    await loadConfig(one, pod);
    one.plan = undefined;
    const due = await play(stage, one, host);
    notify(key);
    return due === undefined ? undefined : {requeueAfter: Math.max(0, due - clock.now())};
  };

  const loadConfig = async (one: Worked, pod: Pod) => {
    if (one.config && one.configOf === pod.spec && !one.config.incomplete) return;
    one.configOf = pod.spec;
    const loading = configs.load(pod);
    one.config = loading && (await loading);
  };

  /** Does what the stage says; gives the time at which it is to be looked at again. */
  const play = async ({next}: Stage, one: Worked, host: Host): Promise<number | undefined> => {
    const turn = newTurn(one, host);
    const pod = one.record.pod;
    const self = {type: pods, object: pod, own: host.client, client} as unknown as StageTarget;
    const patches = next.patches.map(patch => ({patch, value: patch.template(pod as unknown as Json, turn.functions)}));
    for (const {patch, value} of patches) await sendPatch(self, patch, value).catch(error => rejected(error, one));
    const recorder = host.events();
    for (const {type, reason, message, container} of turn.events) {
      // KWOK says nothing of containers that fare well.
      if (type === 'Warning' || !isKwok(host.node)) recorder.record(target(pod, container), type, reason, message);
    }
    if (turn.due !== undefined && turn.due > clock.now()) return turn.due;
    if (next.event) recorder.record(target(pod), next.event.type, next.event.reason, next.event.message);
    if (next.finalizers) await changeFinalizers(self, next.finalizers);
    if (next.delete) await removeObject(self);
    return turn.due;
  };

  /** One look at a pod: the functions its templates may call, and what they found besides their result. */
  const newTurn = (one: Worked, host: Host) => {
    const {record} = one;
    const now = clock.now();
    const turn: {due?: number; events: PodEvent[]; functions: TemplateFunctions} = {events: [], functions: {}};
    const settings = (values: readonly Json[]): AdvanceOptions => ({
      now,
      random,
      pullFails,
      timing: {...NO_WAIT, ...(isObject(values[0]!) ? (values[0] as Partial<Timing>) : {})},
      interpret: container => processes.interpret(container, record),
      present: name => host.images.has(name) || !host.images.add(name),
      event: (type, reason, message, container) => void turn.events.push({type, reason, message, container}),
      ...(one.config && {missing: (container: ContainerRecord) => one.config!.missing(container.name)}),
    });
    const status = (): JsonObject | null => {
      const patch = statusPatch(record, podStatus(record, {now, hostIP: host.ip, image, kwok: isKwok(host.node)}));
      return (patch?.status as JsonObject | undefined) ?? null;
    };
    turn.functions = {
      SyncPod: (...values) => {
        const refused = refuse(one, host);
        if (refused) {
          one.refusedAt ??= now + REFUSAL;
          turn.due = one.refusedAt;
          if (one.refusedAt > now) return null;
          turn.events.push({type: 'Warning', ...refused});
          return rejectPod(record, refused, now);
        }
        const unmounted = one.config?.missingVolumes() ?? [];
        for (const {volume, message} of unmounted)
          turn.events.push({
            type: 'Warning',
            reason: 'FailedMount',
            message: `MountVolume.SetUp failed for volume "${volume}" : ${message}`,
          });
        if (!addresses.assign(record, host)) {
          turn.due = host.since + NETWORK_WAIT;
          return null;
        }
        resizeContainers(record, host.node, recordsOn(host.name));
        const pressure = pressureOf(host.node);
        const evicted = pressure && evictionMessage(record, pressure);
        turn.due = advance(record, {...settings(values), ...(unmounted.length > 0 && {blocked: true}), ...(evicted && {evicted})});
        return status();
      },
      StopPod: (...values) => {
        const options = settings(values);
        turn.due = stopContainers(record, options);
        if (turn.due > now) return null;
        turn.due = undefined;
        // Nobody sees what becomes of containers whose pod goes at once.
        const isSeen = !isKwok(host.node) && (options.timing.stop > 0 || record.pod.metadata.finalizers?.length);
        if (!isSeen) return null;
        endContainers(record, options);
        return status();
      },
      Now: () => formatTime(now),
      NodeName: () => host.name,
      NodeIP: () => host.ip,
      NodeIPWith: () => host.ip,
      PodIP: () => (addresses.assign(record, host) ? record.podIP! : null),
      PodIPWith: () => (addresses.assign(record, host) ? record.podIP! : null),
    };
    return turn;
  };

  /** Why the node does not take a pod that it sees for the first time. KWOK's nodes run everything. */
  const refuse = ({record: {startTime, pod}}: Worked, host: Host): Refusal | undefined => {
    if (startTime !== undefined || isKwok(host.node)) return undefined;
    const wrong = refuseSystem(pod, host.node);
    if (wrong || !isUnscheduled(pod)) return wrong;
    const taken = informer.by(BY_NODE, host.name).filter(other => worked.get(keyOf(other))?.record.startTime !== undefined);
    return refusePod(pod, host.node, taken);
  };

  const rejected = (error: unknown, {record}: Worked) => {
    record.written.clear();
    if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
  };

  const concerns = ({spec}: Pod): boolean => !!spec.nodeName && hostOf(spec.nodeName) !== undefined;
  const enqueue = (pod: Pod) => {
    if (concerns(pod)) queue.add(keyOf(pod));
  };
  informer.addIndex(BY_NODE, ({spec}) => (spec.nodeName ? [spec.nodeName] : []));
  informer.addHandler({
    added: enqueue,
    updated: enqueue,
    deleted: pod => {
      if (worked.has(keyOf(pod))) queue.add(keyOf(pod));
    },
  });
  const running = startController({name: 'kubelet', workers: WORKERS, queue, reconcile, informers: [informer, services], report});

  return {
    ...running,
    stop() {
      running.stop();
      configs.stop();
    },
    stagesChanged: () => informer.list().forEach(enqueue),
    hostChanged(host) {
      const pressed = pressureOf(host.node) !== undefined;
      for (const pod of informer.by(BY_NODE, host.name))
        if (pressed || !worked.has(keyOf(pod)) || !pod.status?.podIP) queue.add(keyOf(pod));
    },
    record: (namespace, name) => worked.get(`${namespace}/${name}`)?.record,
    records: recordsOn,
    enter: processes.enter,
    exited({pod}, container, code) {
      if (container.state.type === 'running') container.state = {...container.state, exitAt: clock.now(), exitCode: code};
      queue.add(keyOf(pod));
    },
    connect(address, port) {
      for (const {record} of worked.values())
        if (record.podIP === address && listens(record, port)) return openPort(record, port, processes.enter);
      return undefined;
    },
    onChange(namespace, name, run) {
      const key = `${namespace}/${name}`;
      const known = listeners.get(key) ?? new Set();
      listeners.set(key, known.add(run));
      return () => {
        known.delete(run);
        if (known.size === 0) listeners.delete(key);
      };
    },
  };
}

function firstStage(lists: readonly (readonly Stage[])[], pod: JsonObject, random: Random): Stage | undefined {
  for (const stages of lists) {
    const stage = chooseStage(stages, pod, random);
    if (stage) return stage;
  }
  return undefined;
}

/** Ends a pod before it has begun; gives its status (Kubelet.rejectPod). */
function rejectPod(record: PodRecord, {reason, message}: Refusal, now: number): JsonObject {
  Object.assign(record, {phase: 'Failed', startTime: now});
  const {generation} = record.pod.metadata;
  return {observedGeneration: generation!, phase: 'Failed', reason, message: `Pod was rejected: ${message}`, startTime: formatTime(now)};
}

interface PodEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  container?: ContainerRecord;
}

const FIELDS: {readonly [kind: string]: string} = {
  init: 'initContainers',
  sidecar: 'initContainers',
  regular: 'containers',
  ephemeral: 'ephemeralContainers',
};

const target = ({metadata}: Pod, container?: ContainerRecord) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  ...(container && {fieldPath: `spec.${FIELDS[container.kind]}{${container.name}}`}),
});
