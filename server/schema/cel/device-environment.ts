import type {Device, DeviceAttribute} from '../../api/kinds.generated.ts';
import {baseEnvironment, withVariables} from './environment.ts';
import {QUANTITY_TYPE, quantity} from './library/quantities.ts';
import {semver} from './library/semver.ts';
import {BOOL, DYN, mapOf, objectType, STRING} from './types.ts';
import {mapKey, type Value} from './values.ts';

const TYPE = 'kubernetes.DRADevice';

/** What expressions know of a device (k8s.io/dynamic-resource-allocation/cel). */
const DEVICE = objectType(
  TYPE,
  new Map([
    ['driver', STRING],
    ['attributes', mapOf(STRING, mapOf(STRING, DYN))],
    ['capacity', mapOf(STRING, mapOf(STRING, QUANTITY_TYPE))],
    ['allowMultipleAllocations', BOOL],
  ]),
);

/** Of the selectors of DeviceClasses and of requests for devices. */
export const DEVICE_ENVIRONMENT = withVariables(baseEnvironment(), new Map([['device', DEVICE]]));

/** The variable `device`. */
export function deviceValue(driver: string, {attributes = {}, capacity = {}, allowMultipleAllocations = false}: Device): Value {
  const fields = new Map<string, Value>([
    ['driver', driver],
    ['attributes', byDomain(driver, attributes, attributeValue)],
    ['capacity', byDomain(driver, capacity, ({value}) => quantity(String(value)))],
    ['allowMultipleAllocations', allowMultipleAllocations],
  ]);
  return {kind: 'object', type: TYPE, get: field => fields.get(field), fields: () => [...fields.keys()]};
}

/** Names without a domain are in the driver's. */
function byDomain<T>(driver: string, values: {[name: string]: T}, convert: (value: T) => Value): Value {
  const domains = new Map<string, [Value, Value][]>([[driver, []]]);
  for (const [name, value] of Object.entries(values)) {
    const [first = '', second] = name.split('/');
    const [domain, id] = second === undefined ? [driver, first] : [first, second];
    domains.set(domain, [...(domains.get(domain) ?? []), [id, convert(value)]]);
  }
  return mapOfEntries([...domains].map(([domain, entries]) => [domain, mapOfEntries(entries)]));
}

const mapOfEntries = (entries: readonly [Value, Value][]): Value => ({
  kind: 'map',
  entries: new Map(entries.map(entry => [mapKey(entry[0])!, entry])),
});

function attributeValue({int, bool, string, version}: DeviceAttribute): Value {
  if (int !== undefined) return BigInt(int);
  if (bool !== undefined) return bool;
  return version === undefined ? (string ?? null) : semver(version);
}
