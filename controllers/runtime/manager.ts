import type {ApiClient, Identity} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import type {Random} from '../../server/api/random.ts';
import {serviceAccounts} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import {controllers} from '../controllers.ts';
import type {Running} from './controller.ts';
import type {ControllerDefinition, ControllerSettings} from './definition.ts';
import {createContext} from './definition.ts';
import {createEventRecorder} from './events.ts';
import {createInformers, type Informers} from './informers.ts';

export const USER_AGENT = 'kube-controller-manager';

export interface ManagerOptions {
  /** Acts as an administrator: every controller is impersonated with it. */
  client: ApiClient;
  clock: Clock;
  random: Random;
  /** kube-controller-manager's `--controllers`: `*`, `name`, `-name`; `none` for no controller at all. */
  names: readonly string[];
  settings?: ControllerSettings;
  /** Shared with other parts of the same process; made here if left out. */
  informers?: Informers;
  /** Told of failed reconciles, which are retried. */
  report?(name: string, key: string, error: unknown): void;
}

/** Starts the selected controllers of kube-controller-manager. */
export function startControllers({client, clock, random, names, settings = {}, report = () => {}, ...options}: ManagerOptions): Running {
  const informers = options.informers ?? createInformers(client.as(MANAGER, USER_AGENT), clock);
  const common = new Map<string, unknown>();
  const parts: {idle(): boolean; stop?(): void; nextDue?(): number | undefined}[] = [];

  const selected = controllers.filter(definition => isControllerEnabled(definition, names));
  const withAccount = controllers.filter(definition => selected.includes(definition) || (definition.hasAccount && names.includes('*')));
  for (const definition of selected) {
    const identity = definition.asManager ? MANAGER : serviceAccountIdentity(definition.serviceAccount ?? definition.name);
    const own = client.as(identity, USER_AGENT);
    const component = definition.component ?? definition.serviceAccount ?? definition.name;
    const events = createEventRecorder({client: own, clock, random, component});
    const context = createContext({
      definition,
      client: own,
      clock,
      random,
      settings,
      events,
      informer: type => informers.for(type),
      drop: type => informers.drop(type),
      common,
      report,
    });
    parts.push(...definition.start(context), events);
  }
  if (selected.length > 0) parts.push(ensureServiceAccounts(client.as(MANAGER, USER_AGENT), informers, withAccount, report));

  return {
    stop() {
      for (const part of parts) part.stop?.();
      if (!options.informers) informers.stop();
    },
    idle: () => informers.idle() && parts.every(part => part.idle()),
    nextDue() {
      const due = parts.map(part => part.nextDue?.()).filter(time => time !== undefined);
      return due.length === 0 ? undefined : Math.min(...due);
    },
  };
}

/** kube-controller-manager's rule: the first mention of a name decides, else `*`, which leaves out what is off by default. */
export function isControllerEnabled(
  {name, alias, disabledByDefault}: Pick<ControllerDefinition, 'name' | 'alias' | 'disabledByDefault'>,
  names: readonly string[],
): boolean {
  for (const text of names) {
    const wanted = text.startsWith('-') ? text.slice(1) : text;
    if (wanted === name || wanted === alias) return !text.startsWith('-');
  }
  return names.includes('*') && !disabledByDefault;
}

/** Every name and alias that `names` may hold. */
export const controllerNames = (): string[] => controllers.flatMap(({name, alias}) => (alias && alias !== name ? [name, alias] : [name]));

const MANAGER: Identity = {name: 'system:kube-controller-manager', groups: ['system:authenticated']};

const serviceAccountIdentity = (name: string): Identity => ({
  name: `system:serviceaccount:kube-system:${name}`,
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
});

/** With `--use-service-account-credentials`, kube-controller-manager makes the account of each controller that it starts. */
function ensureServiceAccounts(
  client: ApiClient,
  informers: Informers,
  selected: readonly ControllerDefinition[],
  report: (name: string, key: string, error: unknown) => void,
): Running {
  let busy = true;
  let stopped = false;
  const ensure = async () => {
    const informer = informers.for(serviceAccounts);
    await informer.whenSynced();
    const wanted = new Set(selected.filter(({asManager}) => !asManager).map(({serviceAccount, name}) => serviceAccount ?? name));
    for (const name of [...wanted].sort()) {
      if (stopped) return;
      if (informer.get(`kube-system/${name}`)) continue;
      await client.create(serviceAccounts, {metadata: {name, namespace: 'kube-system'}}).catch(error => {
        if (!isApiError(error, 'AlreadyExists')) report('service-accounts', name, error);
      });
    }
  };
  void ensure()
    .catch(error => report('service-accounts', '', error))
    .finally(() => {
      busy = false;
    });
  return {
    stop() {
      stopped = true;
    },
    idle: () => stopped || !busy,
    nextDue: () => undefined,
  };
}
