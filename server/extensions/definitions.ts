import type {ApiClient, ResourceType} from '../api/client.ts';
import type {Clock, Timer} from '../api/clock.ts';
import type {CustomResourceDefinition, CustomResourceDefinitionCondition} from '../api/kinds.generated.ts';
import {customResourceDefinitions} from '../api/resource-types.generated.ts';
import {isApiError} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {jsonEqual} from '../patch/equal.ts';
import {CLEANUP_FINALIZER} from '../resources/apiextensions/customresourcedefinition.ts';
import type {Registry} from '../resources/registry.ts';
import type {Resource} from '../resources/resource.ts';
import {onChange} from '../storage/react.ts';
import type {Cursor, Entry, ResourceStorage} from '../storage/types.ts';
import type {AcceptedNames} from './accepted-names.ts';
import {createAcceptedNames} from './accepted-names.ts';
import {registerGroupVersions} from './auto-register.ts';
import type {CompileOptions} from './compile.ts';
import {compileDefinition} from './compile.ts';
import {isTrue, namesStatus, withCondition} from './names.ts';

export interface DefinitionsOptions {
  registry: Registry;
  clock: Clock;
  /** Acts as the API server itself. */
  client: ApiClient;
  /** Of the CRDs. */
  storage: ResourceStorage;
  apiServices: ResourceStorage;
  /** Opens the storage of custom resources before they are served; the same one for the same resource. */
  open(resource: Resource): Promise<ResourceStorage>;
  compile: CompileOptions;
  report(error: unknown): void;
}

export interface Definitions {
  /** Nothing is left to do for any CRD. */
  idle(): boolean;
  /** Resolves when what is stored now is served. */
  synced(): Promise<void>;
  close(): void;
}

/** How long a CRD that cannot be cleaned up, say because its status is not valid, is left alone. */
const RETRY_DELAY = 1000;

/**
 * Serves what the stored CRDs define: accepts their names, establishes them, registers their resources, and empties and removes those that
 * are deleted (k8s.io/apiextensions-apiserver/pkg/controller). One pass after another; a change during a pass asks for one more.
 */
export function serveDefinitions(options: DefinitionsOptions): Definitions {
  const {storage, report, clock} = options;
  const state: State = {known: new Map(), names: createAcceptedNames()};
  const held: Held = new Map();
  const cleaning = new Map<string, 'running' | 'again'>();
  /** The revision in which each was last looked at to be cleaned up, by uid: what others do is no reason to look again. */
  const looked = new Map<string, number>();
  /** Of CRDs that could not be cleaned up, by uid. */
  const retries = new Map<string, Timer>();
  let running: Promise<void> | undefined;
  let again = false;
  const run = (): Promise<void> => {
    if (running) {
      again = true;
      return running;
    }
    running = (async () => {
      do {
        again = false;
        await pass(options, state).catch(report);
        for (const [name, {deleting}] of state.known) if (deleting) clean(storage.get(name));
      } while (again);
      running = undefined;
    })();
    return running;
  };
  // Each CRD goes at its own pace: objects behind a slow conversion webhook keep no other CRD waiting.
  const clean = (entry: Entry | undefined): void => {
    const definition = entry?.object as CustomResourceDefinition | undefined;
    const uid = definition?.metadata.uid;
    if (!entry || !definition || uid === undefined || looked.get(uid) === entry.revision) return;
    looked.set(uid, entry.revision);
    if (cleaning.has(uid)) {
      cleaning.set(uid, 'again');
      return;
    }
    cleaning.set(uid, 'running');
    (async () => holdBack(options, definition, await cleanUp(options, definition), held, () => lookAgain(uid)))().then(
      () => {
        const asked = cleaning.get(uid) === 'again';
        cleaning.delete(uid);
        if (asked) lookAgain(uid);
      },
      error => {
        reportFault(report, error);
        cleaning.delete(uid);
        retryLater(uid);
      },
    );
  };
  const lookAgain = (uid: string): void => {
    looked.delete(uid);
    void run();
  };
  const retryLater = (uid: string): void => {
    if (retries.has(uid)) return;
    const timer = clock.after(RETRY_DELAY, 'upkeep', () => {
      retries.delete(uid);
      lookAgain(uid);
    });
    retries.set(uid, timer);
  };
  const cursor = onChange(storage, () => void run(), report);
  return {
    idle: () => running === undefined && cleaning.size === 0,
    synced: run,
    close() {
      cursor.close();
      for (const watched of held.values()) watched.close();
      for (const timer of retries.values()) timer.cancel();
    },
  };
}

/** A definition that is not valid is its author's fault, not the server's. */
function reportFault(report: (error: unknown) => void, error: unknown): undefined {
  if (!isApiError(error, 'Invalid')) report(error);
}

/** What passes leave behind: a later one looks at CRDs that have changed since. */
interface State {
  /** By the CRD's name. */
  readonly known: Map<string, Known>;
  readonly names: AcceptedNames;
}

interface Known {
  readonly uid: string;
  readonly revision: number;
  /** It has all the names it wants, and says so: whatever others do, that stays. */
  readonly settled: boolean;
  readonly deleting: boolean;
  /** What `resources` were made from. */
  readonly edition: string;
  readonly resources: readonly Resource[];
}

/** Cursors over the instances of CRDs that cannot go before them, by uid. */
type Held = Map<string, Cursor>;

async function pass(options: DefinitionsOptions, state: State): Promise<void> {
  const {storage, registry, client, apiServices, report} = options;
  let changed = forgetGone(storage, state);
  for (const entry of news(storage, state)) state.names.set(...namesOf(entry.object as CustomResourceDefinition));
  /** The revision of each in which it says of its names what is so; one that has come since is for the next pass. */
  const checked = new Map<string, number | undefined>();
  for (const entry of news(storage, state))
    checked.set(entry.key, await settleNames(options, entry, state).catch(error => reportFault(report, error)));
  for (const entry of news(storage, state)) {
    try {
      const known = state.known.get(entry.key);
      const next = await makeKnown(options, entry, known, checked.get(entry.key) === entry.revision);
      state.known.set(entry.key, next);
      changed ||= next.resources !== known?.resources;
    } catch (error) {
      // One that cannot be served keeps no other from it.
      report(error);
    }
  }
  const resources = [...state.known.values()].flatMap(known => known.resources);
  if (changed) registry.setCustom(resources);
  await registerGroupVersions(client, apiServices, resources);
}

/** The CRDs that are not known as they are, or lack a name that somebody may have given up. */
const news = (storage: ResourceStorage, {known}: State): Entry[] =>
  [...storage.snapshot().range()].filter(({key, revision}) => {
    const before = known.get(key);
    return before?.revision !== revision || !before.settled;
  });

function forgetGone(storage: ResourceStorage, {known, names}: State): boolean {
  let changed = false;
  for (const [name, {uid, revision, resources}] of known) {
    const entry = storage.get(name);
    if (entry && (entry.revision === revision || entry.object.metadata.uid === uid)) continue;
    known.delete(name);
    names.forget(uid);
    changed ||= resources.length > 0;
  }
  return changed;
}

const namesOf = ({metadata, spec, status}: CustomResourceDefinition) => [metadata.uid!, spec.group, status?.acceptedNames] as const;

/** Looks again whenever an instance that keeps its CRD changes. */
async function holdBack(
  {registry, open, report}: DefinitionsOptions,
  {metadata, spec}: CustomResourceDefinition,
  finished: boolean,
  held: Held,
  again: () => void,
): Promise<void> {
  const uid = metadata.uid!;
  const served = customResource(registry, spec);
  if (finished || !served) {
    held.get(uid)?.close();
    held.delete(uid);
    return;
  }
  if (held.has(uid)) return;
  held.set(uid, onChange(await open(served), again, report));
}

/** The older CRD of two keeps a name that both want. The revision in which that is so; undefined: somebody else changed it meanwhile. */
async function settleNames({client, clock}: DefinitionsOptions, {object, revision}: Entry, {names}: State): Promise<number | undefined> {
  const definition = object as CustomResourceDefinition;
  const status = namesStatus(definition, names.ofOthers(definition.metadata.uid!, definition.spec.group), formatTime(clock.now()));
  if (jsonEqual(status, definition.status ?? {})) return revision;
  const updated = await unlessGone(client.update(customResourceDefinitions, {...definition, status}, {subresource: 'status'}));
  if (!updated) return undefined;
  names.set(...namesOf(updated));
  return Number(updated.metadata.resourceVersion);
}

/** Compiles what is established; an unchanged CRD keeps its resources, and with them what was memoized. */
async function makeKnown(
  {open, compile}: DefinitionsOptions,
  {revision, object}: Entry,
  before: Known | undefined,
  checked: boolean,
): Promise<Known> {
  const definition = object as unknown as CustomResourceDefinition;
  const {uid, generation, deletionTimestamp} = definition.metadata;
  const established = isTrue(definition, 'Established');
  const edition = `${established} ${uid} ${generation} ${JSON.stringify(definition.status?.acceptedNames)}`;
  let resources = before?.edition === edition ? before.resources : undefined;
  if (!resources) {
    resources = established ? compileDefinition(definition, compile) : [];
    if (resources[0]) await open(resources[0]);
  }
  return {
    uid: uid!,
    revision,
    settled: checked && isTrue(definition, 'NamesAccepted'),
    deleting: deletionTimestamp !== undefined,
    edition,
    resources,
  };
}

/** Deletes the objects of a CRD that goes, then lets it go; false while some are left (pkg/controller/finalizer/crd_finalizer.go). */
async function cleanUp({client, clock, registry}: DefinitionsOptions, definition: CustomResourceDefinition): Promise<boolean> {
  const {metadata, spec} = definition;
  if (!metadata.finalizers?.includes(CLEANUP_FINALIZER)) return true;
  const terminating = (status: string, reason: string, message: string) =>
    setTerminating(client, metadata.name!, {type: 'Terminating', status, reason, message}, formatTime(clock.now()));
  const served = customResource(registry, spec);
  if (served && !(await isEmpty(client, served))) {
    await terminating('True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress');
    if (!(await emptied(client, served))) return false;
  }
  const finished = isTrue(definition, 'Established')
    ? await terminating('False', 'InstanceDeletionCompleted', 'removed all instances')
    : await terminating('False', 'NeverEstablished', 'resource was never established');
  if (!finished) return true;
  const finalizers = (finished.metadata.finalizers ?? []).filter(name => name !== CLEANUP_FINALIZER);
  await unlessGone(client.update(customResourceDefinitions, {...finished, metadata: {...finished.metadata, finalizers}}));
  return true;
}

const customResource = (registry: Registry, {group, names}: CustomResourceDefinition['spec']): Resource | undefined =>
  registry.resources.find(({group: own, resource, custom}) => custom && own === group && resource === names.plural);

async function setTerminating(
  client: ApiClient,
  name: string,
  condition: CustomResourceDefinitionCondition,
  now: string,
): Promise<CustomResourceDefinition | undefined> {
  const latest = await unlessGone(client.get(customResourceDefinitions, {name}));
  if (!latest) return undefined;
  const conditions = withCondition(latest.status?.conditions ?? [], now, condition);
  const status = {...latest.status!, conditions};
  return unlessGone(client.update(customResourceDefinitions, {...latest, status}, {subresource: 'status'}));
}

/** True when no object is left; those held by finalizers keep the CRD. */
async function emptied(client: ApiClient, resource: Resource): Promise<boolean> {
  const type = resource as unknown as ResourceType;
  const {items} = await client.list(type);
  for (const {metadata} of items) {
    // What is going already waits for others.
    if (metadata.deletionTimestamp !== undefined) continue;
    await unlessGone(client.delete(type, {name: metadata.name!, ...(metadata.namespace !== undefined && {namespace: metadata.namespace})}));
  }
  return isEmpty(client, resource);
}

const isEmpty = async (client: ApiClient, resource: Resource): Promise<boolean> =>
  (await client.list(resource as unknown as ResourceType, {limit: 1})).items.length === 0;

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    // Somebody else changed or removed it: the next pass sees what there is.
    if (isApiError(error, 'NotFound', 'Conflict')) return undefined;
    throw error;
  }
}
