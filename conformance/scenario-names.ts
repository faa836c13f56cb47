import {isObject, type Json, type JsonObject} from '../server/api/json.ts';
import type {KubeObject, ObjectMeta} from '../server/api/object.ts';

/** Replaces what differs from run to run by placeholders, as the recordings have them. */
export interface Names {
  /** Takes note of what an object was given: hashes, generated names, addresses. */
  learn(resource: string, object: KubeObject): void;
  text(text: string): string;
  /** The same for whole values; lists without an order are sorted. `key` is the field that holds the value. */
  value(value: Json | undefined, key?: string): Json | undefined;
}

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g;
const UID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const SUFFIX = '[bcdfghjklmnpqrstvwxz2456789]{5}';
const GENERATED = new RegExp(`^${SUFFIX}$`);
const GENERATED_WITHIN = new RegExp(`(<hash:\\d+>-|pods "[a-z0-9.-]+-)${SUFFIX}(?=[" ]|$)`, 'g');

const UNORDERED = new Set(['endpoints', 'addresses', 'subsets', 'notReadyAddresses', 'ownerReferences', 'rules', 'ports']);
const PORTS = new Set(['nodePort', 'healthCheckNodePort']);

export function createNames({NS, ID}: {NS: string; ID: string}): Names {
  const hashes = new Map<string, string>();
  const names = new Map<string, string>();
  const addresses = new Map<string, string>();

  const addHash = (hash: string | undefined) => {
    if (hash && !hashes.has(hash)) hashes.set(hash, `<hash:${hashes.size + 1}>`);
  };

  const learnMetadata = ({name = '', generateName, ownerReferences = []}: ObjectMeta) => {
    if (generateName && name.startsWith(generateName) && GENERATED.test(name.slice(generateName.length)))
      names.set(name, `${generateName}<rand>`);
    const cronJob = ownerReferences.find(({kind}) => kind === 'CronJob');
    if (cronJob) names.set(name, `${cronJob.name}-<minute>`);
  };

  const text = (original: string): string => {
    let result = original;
    for (const [name, holder] of [...names].sort((a, b) => b[0].length - a[0].length)) result = result.replaceAll(name, holder);
    for (const [hash, holder] of hashes) result = result.replaceAll(hash, holder);
    for (const [address, holder] of addresses) result = result.replaceAll(address, holder);
    return result
      .replaceAll(NS, '$NS')
      .replaceAll(ID, '$ID')
      .replace(TIME, '<time>')
      .replace(UID, '<uid>')
      .replace(GENERATED_WITHIN, '$1<rand>');
  };

  const value = (item: Json | undefined, key?: string): Json | undefined => {
    if (typeof item === 'string') return key === 'resourceVersion' ? '<rv>' : text(item);
    if (typeof item === 'number') return PORTS.has(key ?? '') && item !== 0 ? '<port>' : item;
    if (Array.isArray(item)) {
      const list = item.map(each => value(each)!);
      if (key === 'conditions') return list.sort((a, b) => String((a as JsonObject).type).localeCompare(String((b as JsonObject).type)));
      return UNORDERED.has(key ?? '') ? sortByContent(list) : list;
    }
    if (!isObject(item)) return item;
    const fields = Object.keys(item).filter(field => field !== 'managedFields');
    return Object.fromEntries(fields.sort().map(field => [text(field), value(item[field], field)!]));
  };

  return {
    learn(resource, object) {
      const {metadata, spec, status} = object as KubeObject & {spec?: JsonObject; status?: JsonObject};
      if (resource === 'replicasets') addHash(metadata.labels?.['pod-template-hash']);
      if (resource === 'controllerrevisions') addHash(metadata.name!.slice(metadata.name!.lastIndexOf('-') + 1));
      learnMetadata(metadata);
      if (resource === 'pods') {
        const ips = ((status?.podIPs ?? []) as {ip: string}[]).map(({ip}) => ip);
        for (const ip of [status?.podIP as string | undefined, ...ips]) if (ip) addresses.set(ip, '<podIP>');
        if (status?.hostIP) addresses.set(status.hostIP as string, '<hostIP>');
        for (const {name} of (spec?.volumes ?? []) as {name: string}[])
          if (name.startsWith('kube-api-access-')) names.set(name, 'kube-api-access-<rand>');
      }
      if (resource === 'services') {
        for (const ip of [spec?.clusterIP, ...((spec?.clusterIPs ?? []) as string[])] as string[])
          if (ip && ip !== 'None') addresses.set(ip, '<clusterIP>');
      }
    },
    text,
    value,
  };
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const sortByContent = <T extends Json>(list: readonly T[]): T[] =>
  list
    .map(item => ({item, text: JSON.stringify(item)}))
    .sort((a, b) => compareText(a.text, b.text))
    .map(({item}) => item);
