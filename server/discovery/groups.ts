import {createHash} from 'node:crypto';
import type {JsonObject} from '../api/json.ts';
import type {GroupVersionKind} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import type {Resource} from '../resources/resource.ts';

/** A group with its versions as clients should prefer them; rows of each in the order they are listed. */
export interface ServedGroup {
  readonly group: string;
  readonly versions: readonly ServedVersion[];
}

export interface ServedVersion {
  readonly version: string;
  readonly resources: readonly Resource[];
}

/** The body of /api. `address` is host and port by which the client reached the server. */
export const apiVersions = (resources: readonly Resource[], address: string): JsonObject => ({
  kind: 'APIVersions',
  versions: servedGroups(resources)
    .filter(({group}) => group === '')
    .flatMap(({versions}) => versions.map(({version}) => version)),
  serverAddressByClientCIDRs: [{clientCIDR: '0.0.0.0/0', serverAddress: address}],
});

/** The body of /apis. */
export const apiGroupList = (resources: readonly Resource[]): JsonObject => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: servedGroups(resources)
    .filter(({group}) => group !== '')
    .map(groupEntry),
});

/** The body of /apis/<group>; undefined: no such group. */
export function apiGroup(resources: readonly Resource[], group: string): JsonObject | undefined {
  const served = group === '' ? undefined : servedGroups(resources).find(candidate => candidate.group === group);
  return served && {kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(served)};
}

/** The body of /api/v1 and /apis/<group>/<version>; undefined: not served. */
export function apiResourceList(resources: readonly Resource[], group: string, version: string): JsonObject | undefined {
  const rows = resources.filter(resource => resource.group === group && resource.version === version);
  if (rows.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    // The core group's list has none (k8s.io/apiserver/pkg/endpoints/discovery/legacy.go).
    ...(group !== '' && {apiVersion: 'v1'}),
    groupVersion: formatGroupVersion({group, version}),
    resources: rows.flatMap(resourceEntries),
  };
}

/** Groups in the order of /apis: the built-in ones as they are registered, then those of custom resources by name. */
export function servedGroups(resources: readonly Resource[]): ServedGroup[] {
  const groups = new Map<string, Map<string, Resource[]>>();
  for (const resource of [...resources.filter(({custom}) => !custom), ...resources.filter(({custom}) => custom).sort(byGroup)]) {
    const versions = groups.get(resource.group) ?? new Map<string, Resource[]>();
    groups.set(resource.group, versions);
    const rows = versions.get(resource.version);
    if (rows) rows.push(resource);
    else versions.set(resource.version, [resource]);
  }
  return [...groups].map(([group, versions]) => ({
    group,
    versions: [...versions]
      .map(([version, rows]) => ({version, resources: rows[0]!.custom ? [...rows].sort(byName) : rows}))
      .sort((a, b) => compareVersions(a.version, b.version)),
  }));
}

/**
 * Orders versions as clients prefer them: stable before beta before alpha, higher first; what does not look like a version last, by name
 * (k8s.io/apimachinery/pkg/version CompareKubeAwareVersionStrings). Negative: `a` comes first.
 */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [rank(a), rank(b)];
  if (!x || !y) return x ? -1 : y ? 1 : a < b ? -1 : a > b ? 1 : 0;
  for (let index = 0; index < x.length; index++) if (x[index] !== y[index]) return y[index]! - x[index]!;
  return 0;
}

/** The hash by which clients see that an object's stored kind changed. */
export const storageVersionHash = ({group, version, kind}: GroupVersionKind): string =>
  createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64');

const byGroup = (a: Resource, b: Resource): number => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0);
const byName = (a: Resource, b: Resource): number => (a.resource < b.resource ? -1 : 1);

const STABILITY = ['alpha', 'beta', undefined];

function rank(version: string): [stability: number, major: number, minor: number] | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  return match ? [STABILITY.indexOf(match[2]), Number(match[1]), Number(match[3] ?? 0)] : undefined;
}

function groupEntry({group, versions}: ServedGroup): JsonObject {
  const entries = versions.map(({version}) => ({groupVersion: formatGroupVersion({group, version}), version}));
  return {name: group, versions: entries, preferredVersion: {...entries[0]!}};
}

function resourceEntries(resource: Resource): JsonObject[] {
  const {namespaced, kind, shortNames, categories} = resource;
  const own: JsonObject = {
    name: resource.resource,
    singularName: resource.singular,
    namespaced,
    kind,
    verbs: [...resource.verbs],
    ...(shortNames.length > 0 && {shortNames: [...shortNames]}),
    ...(categories.length > 0 && {categories: [...categories]}),
    ...(resource.storagePrefix !== undefined && {storageVersionHash: storageVersionHash(storedKind(resource))}),
  };
  const subresources = [...resource.subresources.values()].map((subresource): JsonObject => {
    const foreign = subresource.group !== resource.group || subresource.version !== resource.version;
    return {
      name: `${resource.resource}/${subresource.name}`,
      singularName: '',
      namespaced,
      ...(foreign && {...(subresource.group !== '' && {group: subresource.group}), version: subresource.version}),
      kind: subresource.kind,
      verbs: [...subresource.verbs],
    };
  });
  return [own, ...subresources];
}

// Kinds that etcd holds in an older version than the one they are served in.
const STORED_VERSIONS: {readonly [kind: string]: string} = {
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': 'v1beta1',
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': 'v1beta1',
  'apiextensions.k8s.io/CustomResourceDefinition': 'v1beta1',
};

const storedKind = ({view: {hub}}: Resource): GroupVersionKind => ({
  ...hub,
  version: STORED_VERSIONS[`${hub.group}/${hub.kind}`] ?? hub.version,
});
