import type {ApiClient, KubeObject} from '../../server/api/client.ts';
import type {Clock, Timer} from '../../server/api/clock.ts';
import type {JsonObject} from '../../server/api/json.ts';
import type {Random} from '../../server/api/random.ts';
import {isApiError} from '../../server/api/status.ts';
import {formatTime} from '../../server/api/time.ts';
import type {Running} from '../runtime/controller.ts';
import {startController} from '../runtime/controller.ts';
import {createEventRecorder, type EventRecorder} from '../runtime/events.ts';
import {keyOf} from '../runtime/informer.ts';
import type {Informers} from '../runtime/informers.ts';
import {createWorkQueue} from '../runtime/queue.ts';
import type {DiscoveredResource} from '../support/discovery.ts';
import {discover} from '../support/discovery.ts';
import {changeFinalizers, removeObject, type StageTarget, sendPatch} from './stage-actions.ts';
import {chooseStage, type Stage} from './stages/stage.ts';
import type {TemplateFunctions} from './stages/template-expression.ts';

export interface StagePlayersOptions {
  /** Acts as an administrator. */
  client: ApiClient;
  clock: Clock;
  random: Random;
  informers: Informers;
  /** Whether Stages may touch the object: nodes with a kubelet of their own are left alone. */
  concerns(kind: string, object: KubeObject): boolean;
  /** More functions of templates. */
  functions(kind: string, object: KubeObject): TemplateFunctions;
  report(name: string, key: string, error: unknown): void;
}

/** Plays Stages for all kinds but pods. */
export interface StagePlayers {
  /** These are the Stages from now on. */
  play(stages: readonly Stage[]): void;
  /** Other kinds are served now: those that were looked for in vain may be among them. */
  kindsChanged(): void;
  idle(): boolean;
  stop(): void;
}

interface Player extends Pick<Running, 'idle' | 'stop'> {
  stages: readonly Stage[];
  /** Looks at every object again. */
  again(): void;
}

/** How long to wait for a kind, in ms, and how often. */
const RETRY = 100;
const ATTEMPTS = 10;

export function createStagePlayers(options: StagePlayersOptions): StagePlayers {
  const {client, clock, random, informers, report} = options;
  const players = new Map<string, Player>();
  const events = createEventRecorder({client, clock, random, component: 'kwok'});
  let wanted = new Map<string, readonly Stage[]>();
  let stopped = false;
  let searching = 0;
  /** How often kinds that are missing are looked for again: discovery comes a moment after definitions. */
  let attempts = 0;
  let timer: Timer | undefined;

  const startPlayer = async (name: string, player: Player, {apiGroup, kind}: Stage) => {
    searching++;
    try {
      const resource = (await discover(client)).find(apiGroup, kind);
      if (!resource) throw new Error(`no resource of kind ${kind} in ${apiGroup}`);
      if (!stopped && players.get(name) === player)
        Object.assign(
          player,
          playAll(resource, () => player.stages, events, options),
        );
    } catch (error) {
      players.delete(name);
      if (attempts > 0) retry();
      else report('stages', name, error);
    } finally {
      searching--;
    }
  };

  const retry = () => {
    timer ??= clock.after(RETRY, 'work', () => {
      timer = undefined;
      attempts--;
      startMissing();
    });
  };

  const startMissing = () => {
    for (const [name, own] of wanted) {
      if (players.has(name)) continue;
      const player: Player = {stages: own, again() {}, idle: () => true, stop() {}};
      players.set(name, player);
      void startPlayer(name, player, own[0]!);
    }
  };

  return {
    play(stages) {
      wanted = byKind(stages);
      for (const [name, player] of players) {
        const own = wanted.get(name);
        if (own) {
          player.stages = own;
          player.again();
        } else {
          players.delete(name);
          player.stop();
        }
      }
      startMissing();
    },
    kindsChanged() {
      attempts = ATTEMPTS;
      startMissing();
    },
    idle: () => searching === 0 && events.idle() && [...players.values()].every(player => player.idle()),
    stop() {
      stopped = true;
      timer?.cancel();
      for (const player of players.values()) player.stop();
    },
  };

  function playAll(
    type: DiscoveredResource,
    stages: () => readonly Stage[],
    recorder: EventRecorder,
    {concerns, functions}: StagePlayersOptions,
  ) {
    const informer = informers.for<KubeObject>(type);
    const queue = createWorkQueue(clock, {base: 100, max: 30_000});
    const plans = new Map<string, {stage: Stage; due: number}>();

    const reconcile = async (key: string) => {
      const object = informer.get(key);
      const stage = object && concerns(type.kind, object) ? chooseStage(stages(), object as JsonObject, random) : undefined;
      if (!object || !stage) return void plans.delete(key);
      const now = clock.now();
      const known = plans.get(key);
      const plan = known?.stage === stage ? known : {stage, due: now + stage.delay(object as JsonObject, now, random)};
      plans.set(key, plan);
      if (plan.due > now) return {requeueAfter: plan.due - now};
      plans.delete(key);
      await playOne(stage, {type, object, own: client, client}, {Now: () => formatTime(now), ...functions(type.kind, object)}, recorder);
      return undefined;
    };

    const enqueue = (object: KubeObject) => queue.add(keyOf(object));
    const removeHandler = informer.addHandler({added: enqueue, updated: enqueue, deleted: enqueue});
    const running = startController({name: 'stages', queue, reconcile, informers: [informer], report});
    return {
      again: () => informer.list().forEach(enqueue),
      idle: () => running.idle(),
      stop() {
        removeHandler();
        running.stop();
      },
    };
  }
}

function byKind(stages: readonly Stage[]): Map<string, readonly Stage[]> {
  const found = new Map<string, Stage[]>();
  for (const stage of stages) {
    const name = `${stage.apiGroup}/${stage.kind}`;
    found.set(name, [...(found.get(name) ?? []), stage]);
  }
  return found;
}

async function playOne({next}: Stage, target: StageTarget, functions: TemplateFunctions, recorder: EventRecorder): Promise<void> {
  const {object, type} = target;
  const patches = next.patches.map(patch => ({patch, value: patch.template(object as JsonObject, functions)}));
  for (const {patch, value} of patches)
    await sendPatch(target, patch, value).catch(error => {
      if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
    });
  if (next.event) {
    const apiVersion = type.group ? `${type.group}/${type.version}` : type.version;
    recorder.record({apiVersion, kind: type.kind, metadata: object.metadata}, next.event.type, next.event.reason, next.event.message);
  }
  if (next.finalizers) await changeFinalizers(target, next.finalizers);
  if (next.delete) await removeObject(target);
}
