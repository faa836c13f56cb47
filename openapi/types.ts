import type {PropertyFact} from './facts.ts';

/** The type text of a property: `string`, `[]T`, `{}T`, `string:date-time`, a definition name (openapi/facts.ts DefinitionFact). */
export const propertyType = (property: PropertyFact): string => (typeof property === 'string' ? property : property.t);

const GO_SCALARS: {readonly [type: string]: string} = {
  string: 'string',
  bytes: '[]uint8',
  bool: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
};

/** The Go type that decoding errors name for a property's type, unless the Go API gave it a name of its own: `[]v1.Container`. */
export function goTypeOf(type: string): string {
  if (type.startsWith('[]')) return `[]${goTypeOf(type.slice(2))}`;
  if (type.startsWith('{}')) return `map[string]${goTypeOf(type.slice(2))}`;
  return GO_SCALARS[type] ?? type.split('.').slice(-2).join('.');
}
