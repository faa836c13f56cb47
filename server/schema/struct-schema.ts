import type {Field, Schema, StructSchema} from './schema.ts';

/** A field before it has its place in a struct. */
export type LooseField = Omit<Field, 'place' | 'element'>;

/** A struct with these fields, in this order; they are asked for on first use, for types may contain themselves. */
export function structSchema(
  name: string,
  fieldsOf: () => Iterable<LooseField>,
  more: Pick<StructSchema, 'atomic' | 'undeclared' | 'unions'> = {},
): StructSchema {
  let built: Pick<StructSchema, 'fields' | 'written'> | undefined;
  const build = () => {
    built ??= arrange(fieldsOf());
    return built;
  };
  return {
    type: 'struct',
    name,
    get fields() {
      return build().fields;
    },
    get written() {
      return build().written;
    },
    ...more,
  };
}

/** The same struct, owned as a whole in one field. */
export const atomicStruct = (struct: StructSchema): StructSchema =>
  structSchema(struct.name, () => struct.fields.values(), {...(struct.unions !== undefined && {unions: struct.unions}), atomic: true});

function arrange(loose: Iterable<LooseField>): Pick<StructSchema, 'fields' | 'written'> {
  const fields = [...loose].map((field, place): Field => ({...field, place, element: `f:${field.name}`}));
  return {fields: new Map(fields.map(field => [field.name, field])), written: fields.filter(isWritten)};
}

/** Does Go write the field where it is not set? */
function isWritten({omitempty, omitzero, pointer, schema}: Field): boolean {
  if (omitzero) return false;
  if (pointer) return !omitempty;
  return schema.type === 'struct' || !omitempty || !isPlain(schema.type);
}

const isPlain = (type: Schema['type']): boolean =>
  type === 'string' || type === 'bool' || type === 'int32' || type === 'int64' || type === 'double';
