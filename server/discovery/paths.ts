import type {Resource, Subresource} from '../resources/resource.ts';
import {CONNECT_QUERY, META, type Method, type Operation, operationsOf, plainOperation, READS, type TypeName} from './operations.ts';

/** One path of an OpenAPI document, before it takes the shape of version 2 or 3. */
export interface PathItem {
  readonly path: string;
  /** What `{name}` names. */
  readonly kind: string;
  readonly operations: readonly Operation[];
}

/** All paths of a group-version, sorted. `resources` are its rows. */
export function groupVersionPaths(resources: readonly Resource[]): PathItem[] {
  const [first] = resources;
  if (!first) return [];
  const root = first.group === '' ? `/api/${first.version}` : `/apis/${first.group}/${first.version}`;
  const list: PathItem = {
    path: `${root}/`,
    kind: '',
    operations: [plainOperation(root, 'getAPIResources', READS, {definition: `${META}APIResourceList`})],
  };
  const lists = first.custom ? [] : [list];
  return [...lists, ...resources.flatMap(resource => resourcePaths(root, resource))].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The path of a document that belongs to no group-version: `/apis/`, `/apis/apps/`, `/version/`. */
export function rootPaths(document: string): PathItem[] {
  const path = `/${document}/`;
  const item = (operation: Operation): PathItem[] => [{path, kind: '', operations: [operation]}];
  const get = (id: string, produces: readonly string[], answer: TypeName): PathItem[] =>
    item({...plainOperation(path, '', produces, answer), id});
  switch (document) {
    case 'api':
      return item(plainOperation(path, 'getAPIVersions', READS, {definition: `${META}APIVersions`}));
    case 'apis':
      return get('getAPIVersions', READS, {definition: `${META}APIGroupList`});
    case 'version':
      return get('getCodeVersion', ['application/json'], {definition: 'apimachinery.pkg.version.Info'});
    case '.well-known/openid-configuration':
      return get('getServiceAccountIssuerOpenIDConfiguration', ['application/json'], 'string');
    case 'openid/v1/jwks':
      return get('getServiceAccountIssuerOpenIDKeyset', ['application/jwk-set+json'], 'string');
    default:
      return item(plainOperation(path, 'getAPIGroup', READS, {definition: `${META}APIGroup`}));
  }
}

function resourcePaths(root: string, resource: Resource): PathItem[] {
  const {namespaced, resource: plural, verbs, kind, custom} = resource;
  const scope = namespaced ? '/namespaces/{namespace}' : '';
  const collection = `${scope}/${plural}`;
  const item = (path: string, operations: readonly (Operation | undefined)[]): PathItem => ({
    path: root + path,
    kind,
    operations: operations.filter(operation => operation !== undefined),
  });
  const make = operationsOf(root, resource);
  const watched = verbs.includes('watch') && !custom;
  const paths = [
    item(collection, [
      verbs.includes('list') ? make.list('') : undefined,
      verbs.includes('create') ? make.create() : undefined,
      verbs.includes('deletecollection') ? make.deleteCollection() : undefined,
    ]),
    item(`${collection}/{name}`, [
      verbs.includes('get') ? make.read() : undefined,
      verbs.includes('update') ? make.replace() : undefined,
      verbs.includes('delete') ? make.delete() : undefined,
      verbs.includes('patch') ? make.patch() : undefined,
    ]),
    ...(namespaced && verbs.includes('list') ? [item(`/${plural}`, [make.list('ForAllNamespaces')])] : []),
    ...(watched ? [item(`/watch${collection}`, [make.watchList('')]), item(`/watch${collection}/{name}`, [make.watch()])] : []),
    ...(watched && namespaced ? [item(`/watch/${plural}`, [make.watchList('ForAllNamespaces')])] : []),
    ...[...resource.subresources.values()].flatMap(subresource => subresourcePaths(item, make, `${collection}/{name}`, subresource)),
  ];
  return paths.filter(({operations}) => operations.length > 0);
}

type Operations = ReturnType<typeof operationsOf>;

function subresourcePaths(
  item: (path: string, operations: readonly (Operation | undefined)[]) => PathItem,
  make: Operations,
  parent: string,
  subresource: Subresource,
): PathItem[] {
  const path = `${parent}/${subresource.name}`;
  const {verbs} = subresource;
  if (CONNECT_QUERY[subresource.name]) {
    const methods: readonly Method[] =
      subresource.name === 'proxy' ? ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] : ['get', 'post'];
    const connect = (suffix: string) => methods.map(method => make.connect(method, subresource, suffix));
    return subresource.name === 'proxy'
      ? [item(path, connect('')), item(`${path}/{path}`, connect('WithPath'))]
      : [item(path, connect(''))];
  }
  return [
    item(path, [
      verbs.includes('get') ? make.read(subresource) : undefined,
      verbs.includes('create') ? make.create(subresource) : undefined,
      verbs.includes('update') ? make.replace(subresource) : undefined,
      verbs.includes('patch') ? make.patch(subresource) : undefined,
    ]),
  ];
}
