import {loadDescriptions} from '../openapi/descriptions.ts';
import type {Facts} from '../openapi/facts.ts';
import {schemasOf} from '../openapi/schemas.ts';
import type {AccessOptions} from './access/access.ts';
import {createAccess} from './access/access.ts';
import {isIdentityHeader} from './access/request-headers.ts';
import type {AdmissionChoice} from './admission/chain.ts';
import {createAdmissionChain} from './admission/chain.ts';
import {createRoleEscalation} from './admission/role-escalation.ts';
import {createAdmissionLookup} from './admission-lookup.ts';
import type {ApiClient, Identity} from './api/client.ts';
import type {Clock, WallClock} from './api/clock.ts';
import type {Dial} from './api/dial.ts';
import type {KubeObject} from './api/object.ts';
import type {Random} from './api/random.ts';
import type {App} from './app.ts';
import {createApp} from './app.ts';
import {bootstrap} from './bootstrap.ts';
import {createMetrics} from './discovery/metrics.ts';
import {createRoutes} from './discovery/routes.ts';
import {createProtobuf} from './encode/protobuf.ts';
import {watchApiServices} from './extensions/api-services.ts';
import {createReview} from './extensions/conversion-review.ts';
import {serveDefinitions} from './extensions/definitions.ts';
import {createForward} from './extensions/forward.ts';
import {createServiceFinder} from './extensions/service-target.ts';
import {createWebhookClient} from './extensions/webhook-client.ts';
import {watchFlowSchemas} from './flow-schemas.ts';
import {createFieldManager} from './patch/managed-fields.ts';
import type {Aggregation} from './request/aggregate.ts';
import {createFlowControl} from './request/flow-control.ts';
import {createDescribe} from './resources/columns.ts';
import type {Registry} from './resources/registry.ts';
import {createRegistry} from './resources/registry.ts';
import type {Resource} from './resources/resource.ts';
import {serviceAllocator} from './service-allocator.ts';
import {createStorages} from './storage/storages.ts';
import type {Store} from './storage/store.ts';
import type {ResourceStorage} from './storage/types.ts';
import type {Listening, ListenOptions} from './transport/http.ts';
import {listen} from './transport/http.ts';
import {createInProcessClient} from './transport/in-process.ts';
import type {Allocator, Environment} from './verbs/environment.ts';
import {storageKey} from './verbs/environment.ts';
import {versionViews} from './verbs/version-views.ts';

export interface ServerOptions {
  facts: Facts;
  store: Store;
  clock: Clock;
  wall: WallClock;
  random: Random;
  /** Where Services get their addresses from. */
  serviceCidr: string;
  /** Reaches the kubelets of nodes; left out: none can be reached. */
  dial?: Dial;
  /** Admission plugins other than the default ones. */
  admission?: AdmissionChoice;
  /** Who may come in how, and who decides what is allowed. */
  access: AccessOptions;
  /** What extension servers are shown, so that they take this server's word on who asks: PEM. */
  proxyClient?: {readonly certificate: string; readonly key: string};
  /** Told of errors nobody expected. */
  report?(error: unknown): void;
}

/** An API server over a store; it owns neither the store nor the clock. */
export interface Server {
  readonly app: App;
  /** Without sockets; answers are shared and frozen. */
  client(identity: Identity, userAgent: string): ApiClient;
  listen(options: ListenOptions): Promise<Listening>;
  /** Makes the objects every cluster has, under the address where this server can be reached; until then it is not ready. */
  bootstrap(where: {address: string; port: number}): Promise<void>;
  /** A token for a Secret of type service-account-token: it does not expire. */
  serviceAccountToken(claims: {namespace: string; name: string; uid: string; secret: string}): Promise<string>;
  /** No request is under way. */
  idle(): boolean;
  /** Ends every connection. */
  close(): Promise<void>;
}

const APISERVER: Identity = {name: 'system:apiserver', groups: ['system:masters', 'system:authenticated']};

/** Puts the parts of an API server together. */
export async function createServer({
  facts,
  store,
  clock,
  wall,
  random,
  serviceCidr,
  dial = () => undefined,
  admission,
  access: accessOptions,
  proxyClient,
  report = () => {},
}: ServerOptions): Promise<Server> {
  const schemas = schemasOf(facts);
  const describe = createDescribe(loadDescriptions);
  const registry = createRegistry(facts, schemas);
  const storages = createStorages({store, clock});
  const byPrefix = new Map<string, ResourceStorage>();
  for (const resource of registry.resources) {
    const {storagePrefix} = resource;
    if (storagePrefix !== undefined && !byPrefix.has(storagePrefix))
      byPrefix.set(storagePrefix, await storages.open(storageConfig(resource, storagePrefix)));
  }
  const storage = (resource: Resource): ResourceStorage => byPrefix.get(resource.storagePrefix!)!;
  const lookup: Environment['lookup'] = (wantedGroup, name, namespace, object) => {
    const found = registry.findGroupResource(wantedGroup, name);
    return found && storage(found).get(storageKey(found, namespace, object))?.object;
  };
  const access = createAccess(accessOptions, {
    clock,
    wall,
    random,
    storage: (group, name) => storage(registry.findGroupResource(group, name)!),
    find: (name, namespace, object) => lookup('', name, namespace, object),
  });
  const {authorizer, accountTokens} = access;
  const isList = accessOptions.requestHeader && isIdentityHeader(accessOptions.requestHeader);
  const allocators = new Map<string, Allocator>();
  const environment: Environment = {
    protobuf: createProtobuf(facts),
    registry,
    schemas,
    clock,
    random,
    dial,
    storage,
    admission: createAdmissionChain(
      createAdmissionLookup({
        registry,
        clock,
        random,
        authorizer,
        storage,
        webhooks: {post: (...call) => webhooks.post(...call)},
        client: () => apiserver,
      }),
      admission,
      [createRoleEscalation(access.rbac)],
    ),
    fieldManager: createFieldManager(versionViews(registry)),
    authorizer,
    rulesOf: access.rulesOf,
    tokens: access.authentication.tokens,
    accountTokens,
    lookup,
    allocators,
  };
  const metrics = createMetrics({
    version: facts.serverVersion,
    storageSize: store.size,
    objects: () => countObjects(registry, byPrefix),
  });
  const flowcontrol = 'flowcontrol.apiserver.k8s.io';
  const flowSchemas = storage(registry.findGroupResource(flowcontrol, 'flowschemas')!);
  const priorityLevels = storage(registry.findGroupResource(flowcontrol, 'prioritylevelconfigurations')!);
  const classify = createFlowControl(flowSchemas, priorityLevels);
  const services = registry.findGroupResource('', 'services')!;
  const findService = createServiceFinder({
    services: storage(services),
    endpointSlices: storage(registry.findGroupResource('discovery.k8s.io', 'endpointslices')!),
  });
  const webhooks = createWebhookClient({wall, findService});
  const aggregator = createForward({wall, findService, ...(proxyClient && {clientCertificate: proxyClient})});
  const aggregation: Aggregation = {
    forward: aggregator.forward,
    upgrade: aggregator.upgrade,
    ...(isList && {isIdentityHeader: isList}),
    services: watchApiServices({
      clock,
      client: () => apiserver,
      apiServices: storage(registry.findGroupResource('apiregistration.k8s.io', 'apiservices')!),
      services: storage(services),
      endpointSlices: storage(registry.findGroupResource('discovery.k8s.io', 'endpointslices')!),
      forward: aggregator.forward,
      report,
    }),
  };
  const app = createApp({
    environment,
    authentication: access.authentication,
    routes: createRoutes({facts, isReady: () => ready, metrics, aggregation}),
    aggregation,
    metrics,
    classify,
    wall,
    report,
  });
  const apiserver: ApiClient = createInProcessClient(app, APISERVER, 'kube-apiserver');
  allocators.set(services.storagePrefix!, serviceAllocator({serviceCidr, services: storage(services), random}, apiserver, report));
  const definitions = serveDefinitions({
    registry,
    clock,
    client: apiserver,
    storage: storage(registry.findGroupResource('apiextensions.k8s.io', 'customresourcedefinitions')!),
    apiServices: storage(registry.findGroupResource('apiregistration.k8s.io', 'apiservices')!),
    async open(resource) {
      const opened = await storages.open(customStorageConfig(registry, resource));
      byPrefix.set(resource.storagePrefix!, opened);
      return opened;
    },
    compile: {
      metadata: schemas.definition(OBJECT_META)!,
      describe: field => describe(OBJECT_META, field),
      review: createReview(webhooks, random),
    },
    report,
  });
  const watchedSchemas = watchFlowSchemas({flowSchemas, priorityLevels, clock, client: apiserver, report});
  const listeners: Listening[] = [];
  let ready = false;
  return {
    app,
    client: (identity, userAgent) => createInProcessClient(app, identity, userAgent),
    async listen(options) {
      const listening = await listen(app, {...options, ...(isList && {isList})});
      listeners.push(listening);
      return listening;
    },
    async bootstrap(where) {
      await bootstrap({
        ...where,
        clientCa: accessOptions.clientCa,
        facts,
        registry,
        clock,
        serviceCidr,
        client: apiserver,
      });
      await definitions.synced();
      ready = true;
    },
    serviceAccountToken: claims => accountTokens.issueLegacy(claims),
    idle: () => app.inFlight === 0 && definitions.idle() && watchedSchemas.idle() && aggregation.services.idle(),
    async close() {
      access.close();
      definitions.close();
      await watchedSchemas.close();
      webhooks.close();
      aggregation.services.close();
      aggregator.close();
      await Promise.all(listeners.map(listener => listener.close()));
      await storages.close();
    },
  };
}

const OBJECT_META = 'apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** One count per storage, under the first resource that shows it. */
function* countObjects({resources}: Registry, byPrefix: ReadonlyMap<string, ResourceStorage>) {
  const counted = new Set<string>();
  for (const {group, resource, storagePrefix} of resources) {
    const storage = storagePrefix === undefined || counted.has(storagePrefix) ? undefined : byPrefix.get(storagePrefix);
    if (storage === undefined) continue;
    counted.add(storagePrefix!);
    yield {group, resource, count: storage.snapshot().size};
  }
}

/** Which fields select is the CRD's to say, and may change. */
const customStorageConfig = (registry: Registry, resource: Resource) => ({
  ...storageConfig(resource, resource.storagePrefix!),
  fields: (object: KubeObject) => registry.findGroupResource(resource.group, resource.resource)?.strategy.fields?.(object) ?? {},
});

const storageConfig = ({namespaced, strategy}: Resource, prefix: string) => ({
  prefix,
  namespaced,
  fields: strategy.fields ?? (() => ({})),
  ...(strategy.indexedField !== undefined && {indexedField: strategy.indexedField}),
});
