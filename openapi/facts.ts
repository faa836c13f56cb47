import {readFileSync} from 'node:fs';
import type {Json, JsonObject} from '../server/api/json.ts';
import type {KubeObject} from '../server/api/object.ts';

/** What is known of one Kubernetes version, read from openapi/<version>/ on first use of each part. Shared and never changed. */
export interface Facts {
  /** `1.36` */
  readonly version: string;
  /** The body of /version. */
  readonly serverVersion: JsonObject;
  /** Paths that `/` lists on a server without custom resources. */
  readonly rootPaths: readonly string[];
  /** Served group-versions and their resources, in the order of /apis; subresources are entries named `pods/log`. */
  readonly discovery: readonly GroupVersionFact[];
  /** OpenAPI definitions by name without `io.k8s.`: `api.core.v1.Pod`. */
  readonly definitions: {readonly [name: string]: DefinitionFact};
  /** Definition of each kind: `apps/v1 Deployment` → `api.apps.v1.Deployment`. */
  readonly kinds: ReadonlyMap<string, string>;
  /**
   * Go's order of fields: names separated by blanks, `name:Go type` where errors print a type that does not follow from the
   * definition (`dnsPolicy:v1.DNSPolicy`), `+definition` for a struct whose fields are inlined.
   */
  readonly structs: {readonly [name: string]: string};
  /** Protobuf messages, named as definitions. */
  readonly messages: {readonly [name: string]: readonly MessageFieldFact[]};
  /** `apps/v1` → `api.apps.v1`: where the messages of a group-version's kinds are. */
  readonly protobufPackages: {readonly [groupVersion: string]: string};
  /** By group-version and plural: `apps/v1 deployments`. */
  readonly resources: {readonly [key: string]: ResourceDetailFact};
  /** Objects that an API server makes in a fresh cluster, by `apps/v1 deployments`; `<time>` stands for the moment. */
  readonly bootstrap: {readonly [key: string]: readonly KubeObject[]};
  /** Names of the shared parameters of /openapi/v2: `limit-1NfNmdNH`. */
  readonly openapiV2Parameters: readonly string[];
  /** Group-versions for which /openapi/v2 lists DeleteOptions and WatchEvent. */
  readonly openapiV2ExtraKinds: readonly string[];
}

export interface GroupVersionFact {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ResourceFact[];
}

/** An APIResource as /apis/G/V sends it; group and version only where they differ from the list's. */
export interface ResourceFact {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
}

/** An OpenAPI definition in short form. */
export interface DefinitionFact {
  /** `apps/v1 Deployment` */
  readonly gvk?: readonly string[];
  readonly req?: readonly string[];
  readonly p?: {readonly [field: string]: PropertyFact};
  /** x-kubernetes-map-type */
  readonly map?: string;
  readonly unions?: Json;
  /** The schema itself, of what is not a plain object. */
  readonly as?: JsonObject;
}

/** A type, or a type with more: default, enum, list type and keys, map type, strategic-merge strategy and key. */
export type PropertyFact =
  | string
  | {
      readonly t: string;
      readonly def?: Json;
      readonly enum?: readonly string[];
      readonly elemEnum?: readonly string[];
      /** The elements' default where it is not their type's zero value; null: none. */
      readonly elemDef?: Json;
      readonly list?: 'atomic' | 'set' | 'map';
      readonly keys?: readonly string[];
      readonly map?: 'atomic' | 'granular';
      readonly patch?: string;
      readonly mergeKey?: string;
      /** Sent as a bare `$ref`. */
      readonly direct?: boolean;
    };

/**
 * `[number, JSON name, type, flags, proto name]`. JSON name `""`: the nested message's fields stand in the parent's JSON. Flags: `p`
 * pointer, `e` omitempty, `z` omitzero.
 */
export type MessageFieldFact = readonly [number: number, json: string, type: string, flags: string, protoName?: string];

export interface ResourceDetailFact {
  readonly columns?: readonly ColumnFact[];
  /** Field labels that a field selector may name. */
  readonly fieldLabels?: readonly string[];
  readonly behaviour?: BehaviourFact;
}

export type ColumnFact = readonly [name: string, type: string, format: string, priority: number];

/** How a resource behaved on a bare server. */
export interface BehaviourFact {
  /** `/registry/configmaps/<namespace>/<name>` */
  readonly storageKey?: string;
  /** `apps/v1 Deployment` */
  readonly storedAs?: string;
  readonly generationOnCreate: number | null;
  /** Of a label change, an annotation change and one spec field: those that moved metadata.generation. */
  readonly generationMovesOn?: readonly string[];
  /** PUT without metadata.resourceVersion is taken. */
  readonly unconditionalUpdate: boolean;
  /** PUT to a missing name creates. */
  readonly createOnUpdate: boolean;
  /** DELETE answers with the object rather than a Status. */
  readonly returnsDeleted: boolean;
  readonly finalizersOnCreate?: readonly string[];
  /** Which of the odd names were taken: upper `Abc`, dot `a.b`, colon `a:b`, underscore `a_b`, len64, len254, startDigit `1a`, space `a b`. */
  readonly names?: readonly string[];
  /** What create, PUT and PUT on /status did to a status and to metadata sent along; absent keys were not seen. */
  readonly status?: {
    readonly onCreate?: 'dropped' | 'kept';
    readonly mainPut?: 'ignored' | 'kept';
    readonly labels?: 'kept' | 'ignored';
    readonly annotations?: 'kept' | 'ignored';
    readonly finalizers?: 'kept' | 'ignored';
    readonly spec?: 'kept' | 'ignored';
  };
}

interface ServerFacts {
  readonly version: JsonObject;
  readonly rootPaths: readonly string[];
  readonly protobufPackages: {readonly [groupVersion: string]: string};
  readonly openapiV2Parameters: readonly string[];
  readonly openapiV2ExtraKinds: readonly string[];
}

/** The facts of a version, which all clusters of a process share; throws when there are none. */
export function loadFacts(version = '1.36'): Facts {
  const facts = FACTS.get(version);
  if (!facts) throw new Error(`no facts of Kubernetes ${version}`);
  return facts;
}

/** Each file is parsed when it is first asked for, so that a start costs only what it uses. */
function readFacts(version: string): Facts {
  const folder = new URL(`./${version}/`, import.meta.url);
  const lazy = <T>(file: string): (() => T) => {
    let value: T | undefined;
    return () => {
      value ??= JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as T;
      return value;
    };
  };
  const server = lazy<ServerFacts>('server.json');
  const discovery = lazy<Facts['discovery']>('discovery.json');
  const definitions = lazy<Facts['definitions']>('schemas.json');
  let kinds: Facts['kinds'] | undefined;
  const structs = lazy<Facts['structs']>('structs.json');
  const messages = lazy<Facts['messages']>('protobuf.json');
  const resources = lazy<Facts['resources']>('resources.json');
  const bootstrap = lazy<Facts['bootstrap']>('bootstrap.json');
  return {
    version,
    get serverVersion() {
      return server().version;
    },
    get rootPaths() {
      return server().rootPaths;
    },
    get protobufPackages() {
      return server().protobufPackages;
    },
    get openapiV2Parameters() {
      return server().openapiV2Parameters;
    },
    get openapiV2ExtraKinds() {
      return server().openapiV2ExtraKinds;
    },
    get discovery() {
      return discovery();
    },
    get definitions() {
      return definitions();
    },
    get kinds() {
      kinds ??= kindNames(definitions());
      return kinds;
    },
    get structs() {
      return structs();
    },
    get messages() {
      return messages();
    },
    get resources() {
      return resources();
    },
    get bootstrap() {
      return bootstrap();
    },
  };
}

function kindNames(definitions: Facts['definitions']): Map<string, string> {
  const names = new Map<string, string>();
  for (const [name, {gvk}] of Object.entries(definitions)) for (const kind of gvk ?? []) names.set(kind, name);
  return names;
}

const FACTS: ReadonlyMap<string, Facts> = new Map([['1.36', readFacts('1.36')]]);
