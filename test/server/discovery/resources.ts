import type {Facts} from '../../../openapi/facts.ts';
import type {Schemas} from '../../../openapi/schemas.ts';
import type {GroupVersionKind} from '../../../server/api/object.ts';
import {parseGroupVersion} from '../../../server/api/object.ts';
import type {Resource} from '../../../server/resources/resource.ts';
import {structSchema} from '../../../server/schema/struct-schema.ts';

/** The rows of the facts as resources without rules, for tests of what is derived from rows alone. */
export function resourcesOf(facts: Facts, schemas: Schemas): Resource[] {
  return facts.discovery.flatMap(({group, version, resources}) =>
    resources
      .filter(({name}) => !name.includes('/'))
      .map((row): Resource => {
        const key = `${group === '' ? version : `${group}/${version}`} ${row.name}`;
        const {storedAs = '', returnsDeleted = false, storageKey} = facts.resources[key]?.behaviour ?? {};
        const own = {group, version, kind: row.kind};
        const hub = storedAs === '' ? own : hubOf(storedAs, group, version);
        return {
          ...own,
          resource: row.name,
          singular: row.singularName,
          listKind: `${row.kind}List`,
          namespaced: row.namespaced,
          shortNames: row.shortNames ?? [],
          categories: row.categories ?? [],
          verbs: row.verbs,
          subresources: new Map(
            resources
              .filter(({name}) => name.startsWith(`${row.name}/`))
              .map(({name, group: g = group, version: v = version, kind, verbs}) => {
                const subresource = name.slice(row.name.length + 1);
                return [subresource, {name: subresource, group: g, version: v, kind, verbs}];
              }),
          ),
          storagePrefix: storageKey,
          view: {hub, toHub: object => object, fromHub: object => object},
          schema: schemas.forKind(own)!,
          strategy: {returnDeletedObject: returnsDeleted && !HELD.has(row.name)},
          columns: [],
          custom: false,
        };
      }),
  );
}

// DELETE showed the object only because a finalizer held it.
const HELD = new Set(['namespaces', 'replicationcontrollers', 'customresourcedefinitions', 'jobs']);

function hubOf(storedAs: string, group: string, version: string): GroupVersionKind {
  const [text, kind] = storedAs.split(' ') as [string, string];
  const hub = parseGroupVersion(text)!;
  return hub.group === group && !(group === 'autoscaling') ? {group, version, kind} : {...hub, kind};
}

/** A namespaced custom resource `widgets`. */
export function customResource({group, version}: {group: string; version: string}): Resource {
  const own = {group, version, kind: 'Widget'};
  return {
    ...own,
    resource: 'widgets',
    singular: 'widget',
    listKind: 'WidgetList',
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    subresources: new Map([
      ['scale', {name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update']}],
    ]),
    storagePrefix: `/registry/${group}/widgets/`,
    view: {hub: own, toHub: object => object, fromHub: object => object},
    schema: structSchema('Widget', () => []),
    strategy: {},
    columns: [],
    custom: true,
  };
}
