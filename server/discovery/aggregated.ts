import {createHash} from 'node:crypto';
import type {JsonObject} from '../api/json.ts';
import type {GroupVersionKind} from '../api/object.ts';
import type {Resource, Subresource} from '../resources/resource.ts';
import type {ServedGroup} from './groups.ts';
import {servedGroups} from './groups.ts';

/** Which half of discovery: the core group, or all others. */
export type DiscoveryRoot = 'api' | 'apis';

/** The body of /api and /apis for `Accept: …;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`. */
export const aggregatedDiscovery = (resources: readonly Resource[], root: DiscoveryRoot): JsonObject => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: servedGroups(resources)
    .filter(({group}) => (group === '') === (root === 'api'))
    .map(groupDiscovery),
});

/** The ETag of a document, with its quotes. */
export const etagOf = (document: JsonObject): string =>
  `"${createHash('sha512').update(JSON.stringify(document)).digest('hex').toUpperCase()}"`;

const groupDiscovery = ({group, versions}: ServedGroup): JsonObject => ({
  metadata: group === '' ? {} : {name: group},
  versions: versions.map(({version, resources}) => ({version, resources: resources.map(resourceDiscovery), freshness: 'Current'})),
});

const resourceDiscovery = (resource: Resource): JsonObject => ({
  resource: resource.resource,
  responseKind: responseKind(resource, resource),
  scope: resource.namespaced ? 'Namespaced' : 'Cluster',
  singularResource: resource.singular,
  verbs: [...resource.verbs],
  ...(resource.shortNames.length > 0 && {shortNames: [...resource.shortNames]}),
  ...(resource.categories.length > 0 && {categories: [...resource.categories]}),
  ...(resource.subresources.size > 0 && {
    subresources: [...resource.subresources.values()].map(subresource => subresourceDiscovery(resource, subresource)),
  }),
});

const subresourceDiscovery = (resource: Resource, subresource: Subresource): JsonObject => ({
  subresource: subresource.name,
  responseKind: responseKind(resource, subresource),
  verbs: [...subresource.verbs],
});

/** Built-in resources leave group and version out where they are the list's own; custom ones name them. */
function responseKind(resource: Resource, {group, version, kind}: GroupVersionKind): JsonObject {
  const own = !resource.custom && group === resource.group && version === resource.version;
  return own ? {group: '', version: '', kind} : {group, version, kind};
}
