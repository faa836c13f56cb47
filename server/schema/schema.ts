import type {Json} from '../api/json.ts';

/**
 * How a value is read from JSON, owned, merged and printed. Built-in kinds get theirs from the facts (openapi/), custom resources from
 * their CRD; everything that walks objects (decode, defaults, strategic merge, apply, protobuf, OpenAPI) walks this one tree.
 * Nodes are immutable and shared; recursive types refer to the same node.
 */
export type Schema = StructSchema | MapSchema | ListSchema | ScalarSchema;

/** Scalars, and the special forms whose JSON is not an object (or whose inside is opaque). */
export interface ScalarSchema {
  readonly type: ScalarType;
  /** The definition it comes from, e.g. `apimachinery.pkg.api.resource.Quantity`. */
  readonly name?: string;
  /** Of `schemaOrBool` and its like: the object form. */
  readonly object?: StructSchema;
}

export type ScalarType =
  | 'string'
  | 'bytes' // base64
  | 'bool'
  | 'int32'
  | 'int64'
  | 'double'
  | 'quantity'
  | 'intOrString'
  | 'time'
  | 'microTime'
  | 'duration'
  | 'any' // arbitrary JSON kept as it is: RawExtension, JSON, FieldsV1, x-kubernetes-preserve-unknown-fields
  | 'schemaOrBool' // apiextensions JSONSchemaPropsOrBool
  | 'schemaOrArray'
  | 'schemaOrStringArray';

export interface StructSchema {
  readonly type: 'struct';
  /** `api.core.v1.PodSpec`; the last part is the Go type that decoding errors name. */
  readonly name: string;
  /** In Go's order, which is the order on the wire. */
  readonly fields: ReadonlyMap<string, Field>;
  /** Those that are written even where they are absent. */
  readonly written: readonly Field[];
  /** x-kubernetes-map-type: the whole struct has one owner. */
  readonly atomic?: boolean;
  /** Of fields that are not declared, where a custom resource may have some (x-kubernetes-preserve-unknown-fields); absent: there are none. */
  readonly undeclared?: Schema;
  /** Discriminated unions (x-kubernetes-unions). */
  readonly unions?: Json;
}

export interface MapSchema {
  readonly type: 'map';
  readonly values: Schema;
  readonly atomic?: boolean;
}

export interface ListSchema {
  readonly type: 'list';
  readonly items: Schema;
  readonly listType: 'atomic' | 'set' | 'map';
  /** Of list type map: the fields that identify an item; a key may have a default (`protocol`). */
  readonly keys?: readonly string[];
}

export interface Field {
  readonly name: string;
  /** How many fields of the struct come before it. */
  readonly place: number;
  /** What it is in a set of fields: `f:name`. */
  readonly element: string;
  readonly schema: Schema;
  /** A Go pointer, slice or map: absent and zero differ. Without it a zero value is dropped (omitempty) or written (not omitempty). */
  readonly pointer: boolean;
  readonly omitempty: boolean;
  /** omitzero: an empty struct is left out too. */
  readonly omitzero: boolean;
  readonly required: boolean;
  /** The OpenAPI default; also fills absent keys of list items in apply. */
  readonly default?: Json;
  readonly enum?: readonly string[];
  /** Strategic merge: `merge`, `replace`, `retainKeys`, or a comma-joined pair; absent: lists replace, objects merge. */
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  /** The Go type that decoding errors name: `v1.DNSPolicy`, `[]v1.Container`; absent for custom resources. */
  readonly goType?: string;
  /** Embedded structs on the way to the field, as decoding errors name them: `RuleWithOperations.Rule.`. */
  readonly goPath?: string;
  /** Protobuf field number, where the kind has one. */
  readonly number?: number;
}
