import type {ApiClient, ResourceType} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import type {Random} from '../../server/api/random.ts';
import type {CertificateSigner} from '../support/certificate-signer.ts';
import type {Reconcile, Running} from './controller.ts';
import {startController} from './controller.ts';
import type {EventRecorder} from './events.ts';
import type {Informer, Named} from './informer.ts';
import type {BackoffOptions, WorkQueue} from './queue.ts';
import {createWorkQueue} from './queue.ts';

/** What a cluster's operator gives the controllers; the names are kube-controller-manager's flags. */
export interface ControllerSettings {
  /** PEM of the cluster's CA, published as `kube-root-ca.crt`. Left out: nothing is published. */
  rootCA?: string;
  /** Signs certificate requests of the built-in signers. */
  signer?: CertificateSigner;
  /** Makes a token for a ServiceAccount token Secret. */
  serviceAccountToken?: (claims: {namespace: string; name: string; uid: string; secret: string}) => Promise<string>;
  clusterCIDR?: string;
  serviceCIDR?: string;
}

/** What a controller is handed. */
export interface ControllerContext {
  /** Acts as the controller's own service account. */
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: ControllerSettings;
  readonly events: EventRecorder;
  /** The informer of a resource, shared by all controllers of the process. Reconciling starts when all that were asked for are synced. */
  informer<T extends Named>(type: ResourceType<T>): Informer<T>;
  /** The informer of a resource that is not served any more is stopped. */
  drop(type: Pick<ResourceType, 'group' | 'version' | 'resource'>): void;
  /** Something that all controllers of the process have in common, made by the first that asks for it under this name. */
  shared<S>(name: string, make: () => S): S;
  queue(backoff?: BackoffOptions, kind?: 'work' | 'upkeep'): WorkQueue;
  /** Runs `reconcile` over a queue. */
  run(queue: WorkQueue, reconcile: Reconcile, options?: RunOptions): Running;
  /** Runs `work` every `period` ms of cluster time as upkeep, first at once when the informers are synced; never twice at a time. */
  every(period: number, work: () => Promise<void>): Running;
  report(what: string, error: unknown): void;
}

export interface RunOptions {
  name?: string;
  workers?: number;
  /** What besides the informers has to be there before the first reconcile. */
  ready?: Promise<void>;
}

/** A controller of kube-controller-manager. */
export interface ControllerDefinition {
  /** As in `--controllers`: `deployment-controller`. */
  readonly name: string;
  /** The older name, which the flag still takes: `deployment`. */
  readonly alias?: string;
  /** In kube-system; default: `name`. */
  readonly serviceAccount?: string;
  /** Acts with the manager's own identity instead of a service account. */
  readonly asManager?: boolean;
  /** source.component of its events; default: the service account. */
  readonly component?: string;
  readonly disabledByDefault?: boolean;
  /** Its account is there with `*` even while it is off, as kubeadm's clusters have it. */
  readonly hasAccount?: boolean;
  start(context: ControllerContext): Running[];
}

export interface ContextParts {
  readonly definition: ControllerDefinition;
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: ControllerSettings;
  readonly events: EventRecorder;
  informer<T extends Named>(type: ResourceType<T>): Informer<T>;
  drop(type: Pick<ResourceType, 'group' | 'version' | 'resource'>): void;
  readonly common: Map<string, unknown>;
  report(name: string, what: string, error: unknown): void;
}

export function createContext({definition, informer, common, report, ...parts}: ContextParts): ControllerContext {
  const asked = new Set<{whenSynced(): Promise<void>}>();
  return {
    ...parts,
    informer(type) {
      const found = informer(type);
      asked.add(found);
      return found;
    },
    shared<S>(name: string, make: () => S): S {
      if (!common.has(name)) common.set(name, make());
      return common.get(name) as S;
    },
    queue: (backoff, kind) => createWorkQueue(parts.clock, backoff, kind),
    run(queue, reconcile, {ready, ...options} = {}) {
      const informers = [...asked, ...(ready ? [{whenSynced: () => ready}] : [])];
      return startController({name: definition.name, ...options, queue, reconcile, informers, report});
    },
    every: (period, work) => startPeriodic(parts.clock, period, [...asked], work, error => report(definition.name, 'periodic', error)),
    report: (what, error) => report(definition.name, what, error),
  };
}

function startPeriodic(
  clock: Clock,
  period: number,
  informers: readonly {whenSynced(): Promise<void>}[],
  work: () => Promise<void>,
  failed: (error: unknown) => void,
): Running {
  const queue = createWorkQueue(clock, undefined, 'upkeep');
  const running = startController({
    name: 'periodic',
    workers: 1,
    queue,
    informers,
    reconcile: async () => {
      await work().catch(failed);
      return {requeueAfter: period};
    },
  });
  queue.add('');
  return {...running, nextDue: () => undefined};
}
