/** A CEL type; types are compared by shape, objects by name. */
export interface CelType {
  readonly kind: TypeKind;
  /** As error messages print it, without parameters. */
  readonly name: string;
  readonly params: readonly CelType[];
  /** Of objects: the fields a rule may select; undefined for opaque types. */
  readonly fields?: ReadonlyMap<string, CelType>;
}

export type TypeKind =
  | 'int'
  | 'uint'
  | 'double'
  | 'bool'
  | 'string'
  | 'bytes'
  | 'null'
  | 'dyn'
  | 'error'
  | 'timestamp'
  | 'duration'
  | 'list'
  | 'map'
  | 'type'
  | 'opaque' // optional_type and the like, with parameters
  | 'object'
  | 'param';

const simple = (kind: TypeKind, name: string = kind): CelType => ({kind, name, params: []});

export const INT = simple('int');
export const UINT = simple('uint');
export const DOUBLE = simple('double');
export const BOOL = simple('bool');
export const STRING = simple('string');
export const BYTES = simple('bytes');
export const NULL = simple('null', 'null_type');
export const DYN = simple('dyn');
export const ERROR = simple('error', '!error!');
export const TIMESTAMP = simple('timestamp', 'google.protobuf.Timestamp');
export const DURATION = simple('duration', 'google.protobuf.Duration');

export const listOf = (item: CelType): CelType => ({kind: 'list', name: 'list', params: [item]});
export const mapOf = (key: CelType, value: CelType): CelType => ({kind: 'map', name: 'map', params: [key, value]});
export const typeOf = (of: CelType): CelType => ({kind: 'type', name: 'type', params: [of]});
export const optionalOf = (of: CelType): CelType => ({kind: 'opaque', name: 'optional_type', params: [of]});
export const param = (name: string): CelType => ({kind: 'param', name, params: []});
export const objectType = (name: string, fields?: ReadonlyMap<string, CelType>): CelType => ({
  kind: 'object',
  name,
  params: [],
  ...(fields && {fields}),
});
export const opaqueType = (name: string): CelType => ({kind: 'opaque', name, params: []});

export const isDyn = ({kind}: CelType): boolean => kind === 'dyn';
export const isDynOrError = ({kind}: CelType): boolean => kind === 'dyn' || kind === 'error';
export const isOptional = (type: CelType): boolean => type.kind === 'opaque' && type.name === 'optional_type';

/** A type as checker messages print it. */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case 'null':
    case 'timestamp':
    case 'duration':
      return type.kind;
    default:
      return type.params.length === 0 ? type.name : `${type.name}(${type.params.map(formatType).join(', ')})`;
  }
}

export function sameType(a: CelType, b: CelType): boolean {
  return (
    a === b ||
    (a.kind === b.kind &&
      a.name === b.name &&
      a.params.length === b.params.length &&
      a.params.every((type, index) => sameType(type, b.params[index]!)))
  );
}
