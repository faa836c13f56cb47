import type {Server} from 'node:http';
import {createServer} from 'node:http';
import type {ApiClient} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import type {Dial} from '../../server/api/dial.ts';
import type {Random} from '../../server/api/random.ts';
import {customResourceDefinitions, nodes, pods, services} from '../../server/api/resource-types.generated.ts';
import {createDuplexPair} from '../../wire/duplex-pair.ts';
import type {Running} from '../runtime/controller.ts';
import type {Informers} from '../runtime/informers.ts';
import {createInformers} from '../runtime/informers.ts';
import type {KubeletState} from './handler.ts';
import {kubeletHandler} from './handler.ts';
import {startNodes} from './nodes.ts';
import {startPods} from './pods.ts';
import {loadStages} from './profiles.ts';
import {followStageObjects} from './stage-objects.ts';
import {createStagePlayers} from './stage-player.ts';
import type {Stage} from './stages/stage.ts';
import {kubeletUpgrade} from './upgrade.ts';

export interface KubeletOptions {
  /** Acts as an administrator: each kubelet impersonates its node with it. */
  client: ApiClient;
  clock: Clock;
  random: Random;
  /** How many nodes to register: node-1, node-2, … Nodes that ask for a simulated kubelet by annotation get one besides. */
  nodes: number;
  /** Cut into networks of 24 bits for the nodes that have none. Left out: a node IPAM controller does it. */
  podCidr?: string;
  /** Images that match cannot be pulled (regular expression). */
  imagePullFails?: string;
  /** How pods live (profiles.ts); default: the profile `fast`. */
  stages?: readonly (readonly Stage[])[];
  /** `v1.36.3` */
  version?: string;
  /** Shared with other parts of the same process; made here if left out. */
  informers?: Informers;
  /** Told of failures, which are retried. */
  report?(name: string, key: string, error: unknown): void;
}

export interface Kubelets extends Running {
  /** Undefined: the node has no simulated kubelet, or nothing listens at the address. */
  readonly dial: Dial;
}

const IDENTITY = {name: 'system:kubelets', groups: ['system:masters', 'system:authenticated']};

const isForPods = ({kind}: Stage): boolean => kind === 'Pod';

/** Runs the kubelets of all simulated nodes. */
export function startKubelets({client, clock, random, report = () => {}, ...options}: KubeletOptions): Kubelets {
  const informers = options.informers ?? createInformers(client.as(IDENTITY, 'kubelet'), clock);
  const pattern = new RegExp(options.imagePullFails ?? ':does-not-exist$');
  const nodeManager = startNodes({
    client,
    clock,
    random,
    informer: informers.for(nodes),
    nodes: options.nodes,
    version: options.version ?? 'v1.36.3',
    ...(options.podCidr !== undefined && {podCidr: options.podCidr}),
    changed: host => podManager.hostChanged(host),
    report: (what, error) => report('kubelet', what, error),
  });
  const builtIn = options.stages ?? loadStages('fast');
  const stageObjects = followStageObjects({
    client: client.as(IDENTITY, 'kubelet'),
    clock,
    informers,
    changed() {
      podStages = forPods();
      podManager.stagesChanged();
      players.play(forOthers());
    },
    report: (what, error) => report('kubelet', what, error),
  });
  const forPods = () => [stageObjects.stages(), ...builtIn].map(list => list.filter(isForPods));
  const forOthers = () => [...stageObjects.stages(), ...builtIn.flat()].filter(stage => !isForPods(stage));
  let podStages = forPods();
  const podManager = startPods({
    client,
    clock,
    random,
    informer: informers.for(pods),
    services: informers.for(services),
    stages: () => podStages,
    host: name => nodeManager.host(name),
    pullFails: image => pattern.test(image),
    report,
  });
  const players = createStagePlayers({
    client: client.as(IDENTITY, 'kubelet'),
    clock,
    random,
    informers,
    concerns: (kind, object) => kind !== 'Node' || nodeManager.host(object.metadata.name!) !== undefined,
    functions(kind, {metadata}) {
      const host = kind === 'Node' ? nodeManager.host(metadata.name!) : undefined;
      return {NodeName: () => host?.name ?? '', NodeIP: () => host?.ip ?? '', NodePort: () => 10250};
    },
    report,
  });
  players.play(forOthers());
  informers.for(customResourceDefinitions).addHandler({updated: () => players.kindsChanged()});
  const servers = new Map<string, Server>();
  const serverOf = (node: string): Server => {
    let server = servers.get(node);
    if (!server) {
      const state: KubeletState = {
        clock,
        node,
        since: nodeManager.host(node)!.since,
        pods: () => podManager.records(node),
        pod: podManager.record,
        onChange: podManager.onChange,
        enter: podManager.enter,
        exited: podManager.exited,
      };
      server = createServer(kubeletHandler(state));
      server.on('upgrade', kubeletUpgrade(state));
      servers.set(node, server);
    }
    return server;
  };
  return {
    dial(target) {
      if ('address' in target) return podManager.connect(target.address, target.port);
      if (!nodeManager.host(target.node)) return undefined;
      const [client, end] = createDuplexPair();
      serverOf(target.node).emit('connection', end);
      return client;
    },
    stop() {
      for (const server of servers.values()) server.closeAllConnections();
      podManager.stop();
      stageObjects.stop();
      players.stop();
      nodeManager.stop();
      if (!options.informers) informers.stop();
    },
    idle: () => podManager.idle() && nodeManager.idle() && players.idle() && (!!options.informers || informers.idle()),
    nextDue: () => podManager.nextDue(),
  };
}
