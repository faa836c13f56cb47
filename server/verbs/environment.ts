import type {Schemas} from '../../openapi/schemas.ts';
import type {Authorizer} from '../access/authorizer.ts';
import type {ServiceAccountTokens} from '../access/service-account-tokens.ts';
import type {TokenAuthenticator} from '../access/tokens.ts';
import type {AdmissionChain} from '../admission/chain.ts';
import type {Identity} from '../api/client.ts';
import type {Clock} from '../api/clock.ts';
import type {Dial} from '../api/dial.ts';
import type {JsonObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import type {Random} from '../api/random.ts';
import type {ProtobufCodec} from '../encode/protobuf.ts';
import type {FieldManager} from '../patch/managed-fields.ts';
import type {Registry} from '../resources/registry.ts';
import type {Resource} from '../resources/resource.ts';
import {objectKey} from '../storage/keys.ts';
import type {ResourceStorage} from '../storage/types.ts';

/** What verbs and subresources work with: one per server. */
export interface Environment {
  readonly registry: Registry;
  readonly schemas: Schemas;
  readonly protobuf: ProtobufCodec;
  readonly clock: Clock;
  readonly random: Random;
  /** Reaches kubelets. */
  readonly dial: Dial;
  readonly admission: AdmissionChain;
  readonly fieldManager: FieldManager;
  readonly authorizer: Authorizer;
  /** SubjectRulesReviewStatus: what an identity may do in a namespace. */
  rulesOf(identity: Identity, namespace: string): JsonObject;
  /** Whose tokens these are. */
  readonly tokens: TokenAuthenticator;
  /** Makes tokens of service accounts. */
  readonly accountTokens: ServiceAccountTokens;
  /** An object from the caches; `namespace` is '' for cluster-scoped ones. */
  lookup(group: string, resource: string, namespace: string, name: string): KubeObject | undefined;
  /** The storage of a stored resource. */
  storage(resource: Resource): ResourceStorage;
  /** What a resource takes from shared pools (cluster IPs, node ports), by storage prefix. */
  readonly allocators: ReadonlyMap<string, Allocator>;
}

/** Hands out what may exist once only. Reservations hold until the object that carries them is stored, or the write failed. */
export interface Allocator {
  /** Fills the object's empty fields and claims what it asks for, before the kind's rules look at it; throws ApiError. `old` on update. */
  reserve(object: KubeObject, old: KubeObject | undefined, dryRun: boolean): Reservation;
  /** The object is gone, and with it what it held. */
  removed(object: KubeObject): Promise<void>;
}

export interface Reservation {
  /** The object is stored: the cache tells from now on. Resolves when everybody can see it. */
  commit(): Promise<void>;
  release(): void;
}

/** Storage key below a resource's prefix. */
export const storageKey = (resource: Resource, namespace: string, name: string): string =>
  objectKey(resource.namespaced ? namespace : undefined, name);
