import type {JsonObject} from '../api/json.ts';
import {formatGroupVersion} from '../api/object.ts';
import type {RemoteVersion} from '../extensions/api-services.ts';

/** The body of /apis with the groups that other servers answer. */
export function withRemoteGroups(list: JsonObject, remote: readonly RemoteVersion[]): JsonObject {
  if (remote.length === 0) return list;
  const own = (list.groups as JsonObject[]).map(group => withRemoteVersions(group, remote)!);
  return {...list, groups: [...own, ...foreignGroups(own, remote).map(name => withRemoteVersions({name}, remote)!)]};
}

/** The body of /apis/<group>, or an entry of the list; `group` undefined: this server knows none of the name. */
export function withRemoteGroup(group: JsonObject | undefined, name: string, remote: readonly RemoteVersion[]): JsonObject | undefined {
  if (!remote.some(version => version.group === name)) return group;
  return withRemoteVersions(group ?? {kind: 'APIGroup', apiVersion: 'v1', name}, remote);
}

/** Adds a group's remote versions; a version that this server has as well is the other's. */
function withRemoteVersions(group: JsonObject, remote: readonly RemoteVersion[]): JsonObject {
  const own = (group.versions ?? []) as JsonObject[];
  const others = inOrder(remote.filter(version => version.group === group.name)).map(entryOf);
  if (others.length === 0) return group;
  const versions = [...own.filter(({version}) => !others.some(other => other.version === version)), ...others];
  return {...group, versions, preferredVersion: {...versions[0]!}};
}

const entryOf = ({group, version}: RemoteVersion): JsonObject => ({groupVersion: formatGroupVersion({group, version}), version});

/** Aggregated discovery with what other servers told of themselves; those that do not answer are stale. */
export function withRemoteDiscovery(list: JsonObject, remote: readonly RemoteVersion[]): JsonObject {
  if (remote.length === 0) return list;
  const own = (list.items as JsonObject[]).map(item => ({name: (item.metadata as JsonObject).name, ...item}) as JsonObject);
  const names = [...own.map(({name}) => name as string), ...foreignGroups(own, remote)];
  const items = names.map((name): JsonObject => {
    const found = own.find(item => item.name === name);
    const versions = (found?.versions ?? []) as JsonObject[];
    const others = inOrder(remote.filter(({group}) => group === name)).map(discoveryOf);
    const kept = versions.filter(({version}) => !others.some(other => other.version === version));
    return {metadata: (found?.metadata ?? {name}) as JsonObject, versions: [...kept, ...others]};
  });
  return {...list, items};
}

function foreignGroups(own: readonly JsonObject[], remote: readonly RemoteVersion[]): string[] {
  const known = new Set(own.map(({name}) => name));
  return [...new Set(remote.map(({group}) => group))].filter(group => !known.has(group)).sort();
}

const inOrder = (versions: readonly RemoteVersion[]): RemoteVersion[] =>
  [...versions].sort((a, b) => b.versionPriority - a.versionPriority || (a.version < b.version ? -1 : 1));

function discoveryOf({group, version, available, resources}: RemoteVersion): JsonObject {
  const main = resources.filter(({name}) => !String(name).includes('/'));
  return {
    version,
    resources: main.map(resource => {
      const subresources = resources.filter(({name}) => String(name).startsWith(`${resource.name}/`));
      return {
        resource: resource.name!,
        responseKind: kindOf(resource, group, version),
        scope: resource.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: resource.singularName ?? '',
        verbs: resource.verbs ?? [],
        ...(resource.shortNames && {shortNames: resource.shortNames}),
        ...(resource.categories && {categories: resource.categories}),
        ...(subresources.length > 0 && {
          subresources: subresources.map(subresource => ({
            subresource: String(subresource.name).slice(String(resource.name).length + 1),
            responseKind: kindOf(subresource, group, version),
            verbs: subresource.verbs ?? [],
          })),
        }),
      };
    }),
    freshness: available ? 'Current' : 'Stale',
  };
}

const kindOf = (entry: JsonObject, group: string, version: string): JsonObject => ({
  group: entry.group ?? group,
  version: entry.version ?? version,
  kind: entry.kind ?? '',
});
