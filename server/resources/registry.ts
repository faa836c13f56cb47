import {loadDescriptions} from '../../openapi/descriptions.ts';
import type {Facts} from '../../openapi/facts.ts';
import type {Schemas} from '../../openapi/schemas.ts';
import type {GroupVersion, GroupVersionKind} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import type {Describe} from './columns.ts';
import {columnsOf, createDescribe, rowConditions, rowOrders} from './columns.ts';
import {strategies, views} from './groups.ts';
import type {Column, Resource, Strategy, Subresource, View} from './resource.ts';
import type {ScaleForm} from './scale.ts';
import {scaleForm} from './scale.ts';

/** Which resources are served. Built-in ones stay; custom ones come and go, each change replacing immutable rows. */
export interface Registry {
  /** In discovery order. */
  readonly resources: readonly Resource[];
  /** Rises with every change: what is derived from the rows is memoized by it. */
  readonly generation: number;
  readonly scale: ScaleForm;
  find(group: string, version: string, resource: string): Resource | undefined;
  findKind(kind: GroupVersionKind): Resource | undefined;
  /** The resource through which the storage of a group's resource is best read: its first served version. */
  findGroupResource(group: string, resource: string): Resource | undefined;
  /** Is the group-version served, and by built-in kinds? */
  serves(groupVersion: GroupVersion): 'built-in' | 'custom' | undefined;
  /** Replaces all custom resources. */
  setCustom(resources: readonly Resource[]): void;
}

// Where etcd has a resource under another name than its plural (facts: behaviour, etcd keys).
const STORAGE_NAMES: {[resource: string]: string} = {
  endpoints: 'services/endpoints',
  services: 'services/specs',
  nodes: 'minions',
  replicationcontrollers: 'controllers',
  'ingresses.networking.k8s.io': 'ingress',
  'customresourcedefinitions.apiextensions.k8s.io': 'apiextensions.k8s.io/customresourcedefinitions',
  'apiservices.apiregistration.k8s.io': 'apiregistration.k8s.io/apiservices',
};

const DEPRECATIONS: {readonly [kind: string]: string} = {
  'v1 ComponentStatus': 'v1 ComponentStatus is deprecated in v1.19+',
  'v1 Endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
};

/** All built-in resources of the facts, with the rules of resources/<group>. */
export function createRegistry(facts: Facts, schemas: Schemas): Registry {
  const describe = createDescribe(loadDescriptions);
  const builtIn = facts.discovery.flatMap(({group, version, resources}) =>
    resources.filter(({name}) => !name.includes('/')).map(row => builtInResource(facts, schemas, describe, {group, version}, row.name)),
  );
  let state = index(builtIn, []);
  let generation = 1;
  return {
    scale: scaleForm(facts, describe),
    get resources() {
      return state.resources;
    },
    get generation() {
      return generation;
    },
    find: (group, version, resource) => state.byPath.get(`${group}/${version}/${resource}`),
    findKind: ({group, version, kind}) => state.byKind.get(`${group}/${version}/${kind}`),
    findGroupResource: (group, resource) => state.byGroupResource.get(`${group}/${resource}`),
    serves: groupVersion => state.groupVersions.get(formatGroupVersion(groupVersion)),
    setCustom(resources) {
      state = index(builtIn, resources);
      generation++;
    },
  };
}

function index(builtIn: readonly Resource[], custom: readonly Resource[]) {
  const resources = [...builtIn, ...custom];
  const byPath = new Map<string, Resource>();
  const byKind = new Map<string, Resource>();
  const byGroupResource = new Map<string, Resource>();
  const groupVersions = new Map<string, 'built-in' | 'custom'>();
  for (const resource of resources) {
    byPath.set(`${resource.group}/${resource.version}/${resource.resource}`, resource);
    byKind.set(`${resource.group}/${resource.version}/${resource.kind}`, resource);
    const key = `${resource.group}/${resource.resource}`;
    if (!byGroupResource.has(key)) byGroupResource.set(key, resource);
    const groupVersion = formatGroupVersion(resource);
    if (!groupVersions.has(groupVersion)) groupVersions.set(groupVersion, resource.custom ? 'custom' : 'built-in');
  }
  return {resources, byPath, byKind, byGroupResource, groupVersions};
}

function builtInResource(facts: Facts, schemas: Schemas, describe: Describe, groupVersion: GroupVersion, name: string): Resource {
  const {group, version} = groupVersion;
  const rows = facts.discovery.find(row => row.group === group && row.version === version)!.resources;
  const row = rows.find(candidate => candidate.name === name)!;
  const own: GroupVersionKind = {group, version, kind: row.kind};
  const view: View = views[`${formatGroupVersion(groupVersion)} ${row.kind}`] ?? {
    hub: own,
    toHub: object => object,
    fromHub: object => object,
  };
  const strategy = strategies[group]?.[row.kind] ?? strategies[view.hub.group]?.[row.kind] ?? ({} as Strategy);
  const subresources = rows
    .filter(candidate => candidate.name.startsWith(`${name}/`))
    .map((candidate): [string, Subresource] => {
      const subresource = candidate.name.slice(name.length + 1);
      return [
        subresource,
        {
          name: subresource,
          kind: candidate.kind,
          group: candidate.group ?? group,
          version: candidate.version ?? version,
          verbs: candidate.verbs,
        },
      ];
    });
  const deprecation = DEPRECATIONS[`${formatGroupVersion(groupVersion)} ${row.kind}`];
  let columns: readonly Column[] | undefined;
  const stored = row.verbs.includes('get') && name !== 'componentstatuses';
  const storageName = view.hub.group === group ? name : hubResource(facts, view.hub);
  return {
    ...own,
    resource: name,
    singular: row.singularName,
    listKind: `${row.kind}List`,
    namespaced: row.namespaced,
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    verbs: row.verbs,
    subresources: new Map(subresources),
    storagePrefix: stored
      ? `/registry/${STORAGE_NAMES[group === '' || view.hub.group === '' ? storageName : `${storageName}.${group}`] ?? storageName}/`
      : undefined,
    view,
    get schema() {
      return schemas.forKind(own)!;
    },
    strategy,
    get columns() {
      columns ??= columnsOf(view.hub, facts.resources[`${formatGroupVersion(groupVersion)} ${name}`]?.columns, facts, describe);
      return columns;
    },
    ...(rowConditions[`${view.hub.group}/${row.kind}`] && {rowConditions: rowConditions[`${view.hub.group}/${row.kind}`]}),
    ...(rowOrders[`${view.hub.group}/${row.kind}`] && {rowOrder: rowOrders[`${view.hub.group}/${row.kind}`]}),
    custom: false,
    ...(deprecation !== undefined && {deprecation}),
  };
}

const hubResource = (facts: Facts, hub: GroupVersionKind): string =>
  facts.discovery
    .find(row => row.group === hub.group && row.version === hub.version)!
    .resources.find(row => row.kind === hub.kind && !row.name.includes('/'))!.name;
