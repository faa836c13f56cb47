import type {Stage} from '../controllers/kubelet/stages/stage.ts';
import type {Running} from '../controllers/runtime/controller.ts';
import type {ControllerSettings} from '../controllers/runtime/definition.ts';
import type {ApiClient} from '../server/api/client.ts';
import type {Clock} from '../server/api/clock.ts';
import type {Dial} from '../server/api/dial.ts';
import type {Random} from '../server/api/random.ts';
import type {KeyPair} from './certificates.ts';
import {StartError, UsageError} from './errors.ts';
import type {Settings} from './options.ts';

export interface ControllersOptions {
  /** An administrator: every part acts as its own identity by it. */
  client: ApiClient;
  clock: Clock;
  random: Random;
  settings: Settings;
  /** PEM by which clients know the server. */
  ca: string;
  /** Signs certificate requests; left out: they are not signed here. */
  authority?: KeyPair;
  /** Makes the token of a Secret of type service-account-token; left out: they are not made here. */
  serviceAccountToken?: ControllerSettings['serviceAccountToken'];
  report(name: string, key: string, error: unknown): void;
}

// Parts that run here but are not among kube-controller-manager's.
const SCHEDULER = 'scheduler';
const KUBELET = 'kubelet';
const NODE_IPAM = 'node-ipam-controller';

/** Throws UsageError for a name in `--controllers` that nothing has. */
export async function checkControllerNames({controllers}: Settings): Promise<void> {
  const names = namesOf(controllers).filter(name => name !== '*');
  if (names.length === 0) return;
  const {controllerNames} = await import('../controllers/runtime/manager.ts');
  const known = new Set([...controllerNames(), SCHEDULER, KUBELET]);
  const unknown = names.map(name => name.replace(/^-/, '')).find(name => !known.has(name));
  if (unknown !== undefined) throw new UsageError(`--controllers: ${JSON.stringify(unknown)} is not in the list of known controllers`);
}

/** What was started, and the way to its kubelets. */
export interface Started {
  parts: Running[];
  dial: Dial;
}

/** Starts the selected controllers, scheduler and kubelets. They are loaded only now: the server answers before. */
export async function startControllers(options: ControllersOptions): Promise<Started> {
  const names = namesOf(options.settings.controllers);
  let dial: Dial = () => undefined;
  if (names.length === 0) return {parts: [], dial};
  const {client, clock, random, settings, ca, authority, serviceAccountToken, report} = options;
  const [manager, {createInformers}, {createCertificateSigner}] = await Promise.all([
    import('../controllers/runtime/manager.ts'),
    import('../controllers/runtime/informers.ts'),
    import('../controllers/support/certificate-signer.ts'),
  ]);
  const signer = authority && createCertificateSigner({certificate: authority.certificate, key: authority.key, clock, random});
  const isEnabled = (name: string) => manager.isControllerEnabled({name}, names);
  const informers = createInformers(client.as(INFORMERS, 'kubedouble'), clock);
  const shared = {client, clock, random, informers, report};
  const parts: Running[] = [{stop: () => informers.stop(), idle: () => informers.idle()} as Running];
  parts.push(
    manager.startControllers({
      ...shared,
      names,
      settings: {
        rootCA: ca,
        ...(signer && {signer}),
        serviceAccountToken,
        clusterCIDR: settings.podCidr,
        serviceCIDR: settings.serviceCidr,
      },
    }),
  );
  if (isEnabled(SCHEDULER)) {
    const {startScheduler} = await import('../controllers/scheduler/scheduler.ts');
    parts.push(startScheduler(shared));
  }
  if (isEnabled(KUBELET)) {
    const [{startKubelets}, {loadStages}] = await Promise.all([
      import('../controllers/kubelet/kubelet.ts'),
      import('../controllers/kubelet/profiles.ts'),
    ]);
    // Where pods' networks are given out by a controller, kubelets wait for it.
    const podCidr = isEnabled(NODE_IPAM) ? undefined : settings.podCidr;
    const {nodes, imagePullFails, podProfile} = settings;
    const stages = readStages(podProfile, loadStages);
    const kubelets = startKubelets({...shared, nodes, imagePullFails, stages, ...(podCidr !== undefined && {podCidr})});
    parts.push(kubelets);
    dial = kubelets.dial;
  }
  return {parts, dial};
}

function readStages(profile: string, load: (profile: string) => Stage[][]): Stage[][] {
  try {
    return load(profile);
  } catch (error) {
    throw new StartError(`--pod-profile: ${(error as Error).message}`);
  }
}

/** Reads for all parts of the process; an administrator, as their own identities may see less. */
const INFORMERS = {name: 'system:kubedouble', groups: ['system:masters', 'system:authenticated']};

/** The entries of `--controllers`; `none` has none. */
const namesOf = (list: string): string[] => (list === 'none' ? [] : list.split(','));
