import type {DeleteOptions, Identity} from '../api/client.ts';
import type {Clock} from '../api/clock.ts';
import type {FieldError} from '../api/field.ts';
import type {JsonObject} from '../api/json.ts';
import type {GroupVersionKind, KubeObject, ObjectMeta} from '../api/object.ts';
import type {Random} from '../api/random.ts';
import type {Decoded} from '../schema/decode.ts';
import type {Document} from '../schema/document.ts';
import type {StructSchema} from '../schema/schema.ts';

/**
 * A served resource: everything a verb has to know of a kind. Built-in kinds are made by registry.ts from the facts and the files beside
 * it, custom resources by extensions/ from their CRD. Immutable: a CRD change makes a new one.
 */
export interface Resource extends GroupVersionKind {
  /** Plural, lower case: `deployments`. */
  readonly resource: string;
  readonly singular: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** By name (`status`, `scale`, `log` …): verbs and the kind its bodies have. */
  readonly subresources: ReadonlyMap<string, Subresource>;
  /** Where its objects lie: `/registry/…/`. Views of one storage (autoscaling v1 and v2) have the same; undefined: not stored (reviews). */
  readonly storagePrefix: string | undefined;
  /**
   * The kind in which objects are stored, and the way there and back; identity for all but a few. Rules work in it too, but for those of
   * custom resources, which work in the resource's own version.
   */
  readonly view: View;
  /** Schema of this version's objects. */
  readonly schema: StructSchema;
  readonly strategy: Strategy;
  readonly columns: readonly Column[];
  /** Conditions of an object's Table row. */
  readonly rowConditions?: (object: KubeObject) => JsonObject[] | undefined;
  /** The order of the rows of a list's Table, where it is not that of the list. */
  readonly rowOrder?: (a: KubeObject, b: KubeObject) => number;
  /** Warning that every request for the kind gets. */
  readonly deprecation?: string;
  /** Custom resources come without protobuf and strategic merge, and their list items carry kind and apiVersion. */
  readonly custom: boolean;
  /** Of custom resources: all versions of the kind, those that are not served too. */
  readonly versions?: ReadonlyMap<string, Resource>;
  /** How bodies are read and objects brought into their one form, where the schema's Go-like way is not it (custom resources). */
  readonly codec?: ResourceCodec;
  /** Changes whenever the resource is replaced: encodings of stored objects are remembered under it. */
  readonly edition?: string;
  /** Where a Scale finds its numbers; default: spec.replicas, status.replicas, spec.selector. */
  readonly scale?: ScalePaths;
  /** What OpenAPI documents say of the kind; built-in kinds have their definitions. */
  readonly openApi?: JsonObject;
}

/** Reads and normalizes objects of one custom resource. */
export interface ResourceCodec {
  decode(document: Document): Decoded;
  /** What an apply merged: nulls that the schema does not allow stay in it. */
  decodeApplied(document: Document): Decoded;
  /** The stored form of an object in the resource's own version. */
  canonical(object: KubeObject): KubeObject;
}

export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  readonly labelSelector: readonly string[] | undefined;
}

export interface Subresource extends GroupVersionKind {
  readonly name: string;
  readonly verbs: readonly string[];
}

export interface View {
  readonly hub: GroupVersionKind;
  toHub(object: KubeObject): KubeObject;
  fromHub(object: KubeObject): KubeObject;
  /** The metadata of the internal type, where it is not that of the hub version. */
  metadata?(object: KubeObject): ObjectMeta;
  /** Where others have to be asked how (conversion webhooks): the ways to go by; `toHub` and `fromHub` serve what cannot wait. */
  readonly conversion?: Conversion;
}

/** Both ways of a View for several objects at once, in their order; rejects with an ApiError. */
export interface Conversion {
  toHub(objects: readonly KubeObject[]): Promise<KubeObject[]>;
  fromHub(objects: readonly KubeObject[]): Promise<KubeObject[]>;
}

/** What hooks are told of the request. `warn` adds a Warning header. */
export interface StrategyContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: Identity;
  readonly dryRun: boolean;
  namespaceLabels(namespace: string): {readonly [name: string]: string};
  warn(message: string): void;
}

/**
 * A kind's rules; every hook is optional, `genericStrategy` (strategy.ts) is what a kind gets without any.
 * Hooks that prepare change the object they are handed (a private, canonical copy in the hub version); they never do I/O.
 * Vocabulary: k8s.io/apiserver/pkg/registry/rest.
 */
export interface Strategy {
  /** Request-version defaults (SetObjectDefaults_*), on every decoded body and on what is read from storage. In the resource's own version. */
  defaults?(object: KubeObject): void;
  /** Clears what a client may not set and fills what the server owns. Metadata is already done; generation is generic (see `generation`). */
  prepareForCreate?(object: KubeObject, context: StrategyContext): void;
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: StrategyContext): void;
  /** Rules of the kind, in upstream's order. Metadata is checked before, with `validateName`. */
  validate?(object: KubeObject, context: StrategyContext): FieldError[];
  validateUpdate?(object: KubeObject, old: KubeObject, context: StrategyContext): FieldError[];
  /** After validation: brings equal values to one form. */
  canonicalize?(object: KubeObject): void;
  warnings?(object: KubeObject, old: KubeObject | undefined): string[];
  /** Messages of a bad name, as `validation.IsDNS1123Subdomain` gives them; default: DNS subdomain. `prefix`: the name is a generateName; `object`: what is named, where that is known. */
  validateName?(name: string, prefix: boolean, object?: KubeObject): string[];
  /** Finalizers without a domain need not be among the standard ones (kinds outside pkg/apis/core/validation's reach). */
  readonly plainFinalizers?: boolean;
  /** Which metadata checks the kind's update validation repeats (each is a cause of its own): default `both`, those of create and update. */
  readonly metadataOnUpdate?: 'none' | 'create' | 'update' | 'both';
  /** Rules of the subresources that take the same kind (`status`, `resize`, `ephemeralcontainers`, `approval`, `finalize`). */
  readonly subresources?: {readonly [name: string]: UpdateStrategy};
  /**
   * metadata.generation: `none` (the kind has none), `create` (1, never moves), or a function that says whether an update moves it;
   * default: any change of `spec` does.
   */
  readonly generation?: 'none' | 'create' | ((object: KubeObject, old: KubeObject) => boolean);
  /** metadata.generation of a new object, whatever it holds. */
  readonly initialGeneration?: number;
  /** The kind's `status` stays empty on create and unchanged on PUT of the main resource. Default: true where the kind has a status subresource. */
  readonly isolateStatus?: boolean;
  /** What PUT on `/status` takes of metadata besides the status. Default `all` (labels, annotations, finalizers). */
  readonly statusMetadata?: 'all' | 'none' | 'allButLabels';
  /** What nobody comes to own through an endpoint ('' is the main one), where it is not what status endpoints commonly reset: dotted paths. */
  readonly resetFields?: {readonly [subresource: string]: readonly string[]};
  readonly allowCreateOnUpdate?: boolean;
  /** PUT without resourceVersion; default true. */
  readonly allowUnconditionalUpdate?: boolean;
  /** DELETE answers with the object rather than a Status. */
  readonly returnDeletedObject?: boolean;
  readonly defaultPropagation?: 'Orphan' | 'Background';
  /** Warning of a deletion that says nothing of dependents. */
  readonly orphanWarning?: string;
  /** Grace in seconds for deleting this object; undefined: the kind knows no graceful deletion. */
  gracePeriod?(object: KubeObject, options: DeleteOptions): number | undefined;
  /** Something of the kind's own holds a deleted object (a namespace's spec.finalizers), besides metadata.finalizers and grace. */
  deletionHeld?(object: KubeObject): boolean;
  /** Changes the object when its deletion begins (a namespace's phase); it may set fields of metadata and of the object, nothing deeper. */
  beginDeletion?(object: KubeObject, now: string): void;
  /** Selectable fields besides metadata.name and metadata.namespace, from the hub object. */
  fields?(object: KubeObject): {[label: string]: string};
  /** The labels field selectors may name besides metadata.name and metadata.namespace, where they are not simply the keys of `fields`. */
  readonly selectableFields?: readonly string[];
  readonly indexedField?: string;
  /** Text of the 400 for an unknown field label; default: apimachinery's `"x" is not a known field selector: only …`. */
  unknownField?(label: string): string;
  /** `metadata.name` etc. only; events in their two views name labels differently: maps a request's label to the stored one. */
  fieldLabel?(label: string): string | undefined;
}

export interface UpdateStrategy {
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: StrategyContext): void;
  validateUpdate?(object: KubeObject, old: KubeObject, context: StrategyContext): FieldError[];
  warnings?(object: KubeObject, old: KubeObject): string[];
  /** As in Strategy; default of subresources: `update`. */
  readonly metadataOnUpdate?: 'none' | 'create' | 'update' | 'both';
}

/** A Table column; `cell` gets the object in the hub version of built-in kinds, in the resource's own of custom ones. */
export interface Column {
  /** '' of a cell that has no column. */
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
  cell(object: KubeObject, now: number): string | number | boolean | null;
}
