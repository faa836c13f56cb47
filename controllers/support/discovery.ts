import type {ApiClient, ResourceType} from '../../server/api/client.ts';
import type {CustomResourceDefinition} from '../../server/api/kinds.generated.ts';
import {formatGroupVersion} from '../../server/api/object.ts';
import {apiservices, customResourceDefinitions} from '../../server/api/resource-types.generated.ts';
import type {Running} from '../runtime/controller.ts';
import type {ControllerContext} from '../runtime/definition.ts';

/** A served resource as discovery tells it. */
export interface DiscoveredResource extends ResourceType {
  readonly verbs: readonly string[];
  readonly singular: string;
}

/** All that is served, and the way from kinds to resources. */
export interface Discovery {
  /** Every version of every resource. */
  readonly all: readonly DiscoveredResource[];
  /** One version of each resource: the first that its group prefers. */
  readonly preferred: readonly DiscoveredResource[];
  /** Group-versions that could not be read (stale or missing). */
  readonly failed: readonly string[];
  find(apiVersion: string, kind: string): DiscoveredResource | undefined;
}

interface GroupDiscovery {
  metadata?: {name?: string};
  versions?: {
    version: string;
    freshness?: string;
    resources?: {resource: string; singularResource?: string; responseKind?: {kind: string}; scope: string; verbs: string[]}[];
  }[];
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Reads the aggregated discovery documents (served since 1.27). */
export async function discover(client: ApiClient): Promise<Discovery> {
  const all: DiscoveredResource[] = [];
  const preferred = new Map<string, DiscoveredResource>();
  const byKind = new Map<string, DiscoveredResource>();
  const failed: string[] = [];
  for (const path of ['/api', '/apis']) {
    const {status, body} = await client.request({method: 'GET', path, headers: {accept: AGGREGATED}});
    if (status !== 200) throw new Error(`discovery of ${path} answers ${status}`);
    for (const {metadata, versions = []} of (body as unknown as {items: GroupDiscovery[]}).items) {
      const group = metadata?.name ?? '';
      for (const {version, freshness, resources = []} of versions) {
        if (freshness === 'Stale') failed.push(formatGroupVersion({group, version}));
        for (const {resource, singularResource = '', responseKind, scope, verbs} of resources) {
          const kind = responseKind?.kind ?? '';
          const found = {group, version, resource, kind, namespaced: scope === 'Namespaced', verbs, singular: singularResource};
          all.push(found);
          byKind.set(`${formatGroupVersion(found)}/${kind}`, found);
          const key = `${group}/${resource}`;
          if (!preferred.has(key)) preferred.set(key, found);
        }
      }
    }
  }
  return {
    all,
    preferred: [...preferred.values()],
    failed,
    find: (apiVersion, kind) => byKind.get(`${apiVersion}/${kind}`),
  };
}

/** Can the resource be watched and its objects deleted one by one? */
export const isDeletable = ({verbs}: DiscoveredResource): boolean => ['list', 'watch', 'delete'].every(verb => verbs.includes(verb));

export interface DiscoveryWatch extends Running {
  /** The last discovery; undefined before the first. */
  current(): Discovery | undefined;
  /** Resolves after the first discovery and what `changed` did with it. */
  readonly ready: Promise<void>;
}

/** How long to wait for what a CustomResourceDefinition says is served. */
const RETRY = 100;
/** And for more changes before looking: the more there is to read, the longer. */
const PAUSE = 20;
const PAUSE_EACH = 1;

type Listener = (discovery: Discovery) => void | Promise<void>;

/** One look at what is served for all controllers of the process. */
interface Hub extends Running {
  current(): Discovery | undefined;
  /** Resolves when the listener has dealt with the first discovery. */
  subscribe(listener: Listener): Promise<void>;
}

/** Calls `changed` with what is served, first at once, then whenever CustomResourceDefinitions or APIServices changed it. */
export function watchDiscovery(context: ControllerContext, changed: Listener): DiscoveryWatch {
  const hub = context.shared('discovery', () => createHub(context));
  return {stop: hub.stop, idle: hub.idle, nextDue: hub.nextDue, current: hub.current, ready: hub.subscribe(changed)};
}

function createHub(context: ControllerContext): Hub {
  const definitions = context.informer(customResourceDefinitions);
  const services = context.informer(apiservices);
  const queue = context.queue();
  const listeners = new Map<Listener, () => void>();
  let latest: Discovery | undefined;
  // The first look is at once, later ones take a burst of changes together.
  const again = () => (latest ? queue.addAfter('', PAUSE + PAUSE_EACH * definitions.list().length) : queue.add(''));
  definitions.addHandler({
    added: again,
    updated(crd, old) {
      if (isServed(crd) !== isServed(old) || crd.metadata.generation !== old.metadata.generation) again();
    },
    deleted: again,
  });
  services.addHandler({
    added: again,
    updated(service, old) {
      if (available(service) !== available(old)) again();
    },
    deleted: again,
  });
  again();

  const tell = async (discovery: Discovery) => {
    for (const [listener, heard] of listeners) {
      await listener(discovery);
      heard();
    }
  };
  const look = async () => {
    latest = await discover(context.client);
    await tell(latest);
    const {find} = latest;
    const isMissing = (crd: CustomResourceDefinition) => !servedVersions(crd).every(version => find(version, crd.spec.names.kind));
    const missing = definitions.list().some(crd => isServed(crd) && !crd.metadata.deletionTimestamp && isMissing(crd));
    return missing ? {requeueAfter: RETRY} : undefined;
  };
  const running = context.run(queue, look, {name: 'discovery', workers: 1});
  return {
    ...running,
    current: () => latest,
    subscribe: listener =>
      new Promise(resolve => {
        listeners.set(listener, resolve);
        if (latest) queue.add('');
      }),
  };
}

const isServed = ({status}: CustomResourceDefinition): boolean =>
  status?.conditions?.some(({type, status: value}) => type === 'Established' && value === 'True') ?? false;

const servedVersions = ({spec}: CustomResourceDefinition): string[] =>
  spec.versions.filter(({served}) => served).map(({name}) => formatGroupVersion({group: spec.group, version: name}));

const available = ({status}: {status?: {conditions?: {type: string; status: string}[]}}): string | undefined =>
  status?.conditions?.find(({type}) => type === 'Available')?.status;
