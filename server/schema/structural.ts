import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {JSONSchemaProps} from '../api/kinds.generated.ts';

/**
 * A structural schema: a CRD's JSONSchemaProps read once, with what Kubernetes adds to JSON schema
 * (k8s.io/apiextensions-apiserver/pkg/apiserver/schema). Decoding, pruning, defaulting and validation of custom resources walk it.
 */
export interface Structural {
  readonly type: string;
  readonly nullable: boolean;
  readonly default: Json | undefined;
  readonly properties: ReadonlyMap<string, Structural>;
  readonly items: Structural | undefined;
  /** true: anything; undefined: nothing beyond the properties. */
  readonly additionalProperties: Structural | boolean | undefined;
  readonly required: readonly string[];
  readonly preserveUnknownFields: boolean;
  readonly embeddedResource: boolean;
  readonly intOrString: boolean;
  readonly listType: string;
  readonly listMapKeys: readonly string[];
  readonly mapType: string;
  /** Value rules, for the validator. */
  readonly props: JSONSchemaProps;
  readonly allOf: readonly Structural[];
  readonly anyOf: readonly Structural[];
  readonly oneOf: readonly Structural[];
  readonly not: Structural | undefined;
}

/** Reads a schema; `undefined` accepts any object. */
export function structural(props: JSONSchemaProps): Structural {
  const {items, additionalProperties, properties, not} = props;
  return {
    type: props.type ?? '',
    nullable: props.nullable ?? false,
    default: props.default as Json | undefined,
    properties: new Map(Object.entries(properties ?? {}).map(([name, property]) => [name, structural(property)])),
    items: isObject(items) ? structural(items as JSONSchemaProps) : undefined,
    additionalProperties: isObject(additionalProperties)
      ? structural(additionalProperties as JSONSchemaProps)
      : (additionalProperties as boolean | undefined),
    required: props.required ?? [],
    preserveUnknownFields: extension(props, 'preserve-unknown-fields') === true,
    embeddedResource: extension(props, 'embedded-resource') === true,
    intOrString: extension(props, 'int-or-string') === true,
    listType: String(extension(props, 'list-type') ?? 'atomic'),
    listMapKeys: (extension(props, 'list-map-keys') as string[] | undefined) ?? [],
    mapType: String(extension(props, 'map-type') ?? 'granular'),
    props,
    allOf: (props.allOf ?? []).map(structural),
    anyOf: (props.anyOf ?? []).map(structural),
    oneOf: (props.oneOf ?? []).map(structural),
    not: not && structural(not),
  };
}

const extension = (props: JSONSchemaProps, name: string): Json | undefined => (props as JsonObject)[`x-kubernetes-${name}`];

/** The schema of a member of an object; undefined: nothing is known of it. */
export function memberOf(schema: Structural, name: string): Structural | undefined {
  const property = schema.properties.get(name);
  if (property) return property;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}
