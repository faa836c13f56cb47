import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';

/**
 * How Go prints a value of an internal type, which has no JSON tags: every field of a struct is there, by its Go name, in the type's order.
 * A scalar stands for its zero value; `null` also for pointers to scalars, lists and maps of them.
 */
export type InternalShape = string | number | boolean | null | StructShape | ListShape | PointerShape | TemplateShape;

interface StructShape {
  readonly of: 'struct';
  readonly fields: readonly (readonly [json: string, go: string, shape: InternalShape])[];
}

interface ListShape {
  readonly of: 'list';
  readonly items: InternalShape;
}

interface PointerShape {
  readonly of: 'pointer';
  readonly to: InternalShape;
}

/** Metadata, which keeps its JSON form, and a spec. */
interface TemplateShape {
  readonly of: 'template';
  readonly spec: InternalShape;
}

// What Go writes in capitals at the beginning of a name.
const INITIALISMS = /^(?:api|aws|cel|csi|dns|fc|fs|gce|grpc|http|ip|iscsi|nfs|os|pd|rbd|se|tcp|tty|uid|url)(?=[A-Z]|$)/;

const goName = (json: string): string => {
  const initialism = INITIALISMS.exec(json)?.[0];
  return initialism ? initialism.toUpperCase() + json.slice(initialism.length) : json[0]!.toUpperCase() + json.slice(1);
};

/** Fields by their JSON names; a Go name that cannot be told from it follows a colon: `cidrs:CIDRs`. */
export const struct = (fields: {readonly [name: string]: InternalShape}): StructShape => ({
  of: 'struct',
  fields: Object.entries(fields).map(([name, shape]) => {
    const [json, go] = name.split(':') as [string, string | undefined];
    return [json, go ?? goName(json), shape] as const;
  }),
});

export const listOf = (items: InternalShape): ListShape => ({of: 'list', items});

export const pointer = (to: InternalShape): PointerShape => ({of: 'pointer', to});

export const template = (spec: InternalShape): TemplateShape => ({of: 'template', spec});

/** The value in its internal form, for messages. */
export function internal(value: unknown, shape: InternalShape): Json {
  const absent = value === undefined || value === null;
  if (shape === null || typeof shape !== 'object') return absent ? shape : (value as Json);
  if (shape.of === 'struct') {
    const object = isObject(value) ? value : {};
    const shown: JsonObject = {};
    for (const [json, go, field] of shape.fields) shown[go] = internal(object[json], field);
    return shown;
  }
  if (shape.of === 'template') {
    const {metadata, spec} = isObject(value) ? value : {};
    return {...(metadata as JsonObject | undefined), Spec: internal(spec, shape.spec)};
  }
  if (absent) return null;
  return shape.of === 'pointer' ? internal(value, shape.to) : (value as unknown[]).map(item => internal(item, shape.items));
}
