import type {GroupVersionKind} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import type {Resource, Subresource} from '../resources/resource.ts';

/** One path of an OpenAPI document, before it takes the shape of version 2 or 3. */
export interface PathItem {
  readonly path: string;
  /** What `{name}` names. */
  readonly kind: string;
  readonly operations: readonly Operation[];
}

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch';

export interface Operation {
  readonly method: Method;
  readonly id: string;
  readonly tag: string;
  /** x-kubernetes-action; absent for what is no resource. */
  readonly action?: string;
  readonly kind?: GroupVersionKind;
  readonly query: readonly string[];
  readonly consumes?: readonly string[];
  readonly body?: TypeName;
  readonly bodyRequired?: boolean;
  readonly produces: readonly string[];
  /** Type of each answer by status code. */
  readonly responses: Readonly<Record<string, TypeName>>;
}

/** What a body or an answer holds: a kind, a definition that is no kind, or plain text. */
export type TypeName = GroupVersionKind | {readonly definition: string} | 'string';

const META = 'apimachinery.pkg.apis.meta.v1.';
const STATUS = {definition: `${META}Status`};
const WATCH_EVENT = {definition: `${META}WatchEvent`};

const READS = ['application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml'];
const WATCHES = [...READS, 'application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
const PATCHES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

const LIST_QUERY = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'pretty',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'shardSelector',
  'timeoutSeconds',
  'watch',
];
const WRITE_QUERY = ['dryRun', 'fieldManager', 'fieldValidation', 'pretty'];
const DELETE_QUERY = [
  'dryRun',
  'gracePeriodSeconds',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'orphanDependents',
  'pretty',
  'propagationPolicy',
];
const COLLECTION_QUERY = [
  ...new Set([...DELETE_QUERY, ...LIST_QUERY.filter(name => name !== 'allowWatchBookmarks' && name !== 'watch')]),
].sort();
const LOG_QUERY = [
  'container',
  'follow',
  'insecureSkipTLSVerifyBackend',
  'limitBytes',
  'pretty',
  'previous',
  'sinceSeconds',
  'stream',
  'tailLines',
  'timestamps',
];
/** Subresources that connect to somewhere, with their query. */
const CONNECT_QUERY: {readonly [subresource: string]: readonly string[]} = {
  attach: ['container', 'stderr', 'stdin', 'stdout', 'tty'],
  exec: ['command', 'container', 'stderr', 'stdin', 'stdout', 'tty'],
  portforward: ['ports'],
  proxy: ['path'],
};

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
  const item = (name: string, produces: readonly string[], answer: TypeName): PathItem[] => [
    {path, kind: '', operations: [plainOperation(path, name, produces, answer)]},
  ];
  switch (document) {
    case 'api':
      return item('getAPIVersions', READS, {definition: `${META}APIVersions`});
    case 'apis':
      return [
        {
          path,
          kind: '',
          operations: [{...plainOperation(path, 'getAPIVersions', READS, {definition: `${META}APIGroupList`}), id: 'getAPIVersions'}],
        },
      ];
    case 'version':
      return [
        {
          path,
          kind: '',
          operations: [
            {...plainOperation(path, '', ['application/json'], {definition: 'apimachinery.pkg.version.Info'}), id: 'getCodeVersion'},
          ],
        },
      ];
    case '.well-known/openid-configuration':
      return [
        {
          path,
          kind: '',
          operations: [{...plainOperation(path, '', ['application/json'], 'string'), id: 'getServiceAccountIssuerOpenIDConfiguration'}],
        },
      ];
    case 'openid/v1/jwks':
      return [
        {
          path,
          kind: '',
          operations: [{...plainOperation(path, '', ['application/jwk-set+json'], 'string'), id: 'getServiceAccountIssuerOpenIDKeyset'}],
        },
      ];
    default:
      return item('getAPIGroup', READS, {definition: `${META}APIGroup`});
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
  const make = builder(root, resource);
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

type Builder = ReturnType<typeof builder>;

function subresourcePaths(
  item: (path: string, operations: readonly (Operation | undefined)[]) => PathItem,
  make: Builder,
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

/** Makes the operations of one resource, named as k8s.io/apiserver/pkg/endpoints/openapi names them. */
function builder(root: string, resource: Resource) {
  const own: GroupVersionKind = {group: resource.group, version: resource.version, kind: resource.kind};
  const list: GroupVersionKind = {...own, kind: resource.listKind};
  const reads = resource.custom ? READS.filter(type => !type.includes('protobuf')) : READS;
  const watches = resource.custom ? WATCHES.filter(type => !type.includes('protobuf')) : WATCHES;
  const scope = resource.namespaced ? 'Namespaced' : '';
  const tag = tagOf(root);
  const kindOf = (subresource?: Subresource): GroupVersionKind =>
    subresource && !resource.custom ? {group: subresource.group, version: subresource.version, kind: subresource.kind} : own;
  const answerOf = (subresource?: Subresource): GroupVersionKind =>
    subresource ? {group: subresource.group, version: subresource.version, kind: subresource.kind} : own;
  const name = (verb: string, subresource?: Subresource, suffix = ''): string =>
    operationId(root, verb, `${scope}${resource.kind}${subresource ? title(subresource.name) : ''}${suffix}`);
  const write = (method: Method, action: string, verb: string, codes: readonly string[], subresource?: Subresource): Operation => ({
    method,
    id: name(verb, subresource),
    tag,
    action,
    kind: kindOf(subresource),
    query: WRITE_QUERY,
    consumes: ['*/*'],
    body: answerOf(subresource),
    bodyRequired: true,
    produces: reads,
    responses: Object.fromEntries(codes.map(code => [code, answerOf(subresource)])),
  });
  const watchOperation = (id: string, action: string): Operation => ({
    method: 'get',
    id,
    tag,
    action,
    kind: own,
    query: LIST_QUERY,
    produces: watches,
    responses: {200: WATCH_EVENT},
  });
  return {
    list: (suffix: string): Operation => ({
      method: 'get',
      id: suffix === '' ? name('list') : operationId(root, 'list', `${resource.kind}${suffix}`),
      tag,
      action: 'list',
      kind: own,
      query: LIST_QUERY,
      produces: resource.verbs.includes('watch') || !resource.custom ? watches : reads,
      responses: {200: list},
    }),
    watchList: (suffix: string): Operation =>
      watchOperation(
        suffix === '' ? name('watch', undefined, 'List') : operationId(root, 'watch', `${resource.kind}List${suffix}`),
        'watchlist',
      ),
    watch: (): Operation => watchOperation(name('watch'), 'watch'),
    read: (subresource?: Subresource): Operation => ({
      method: 'get',
      id: name('read', subresource),
      tag,
      action: 'get',
      kind: kindOf(subresource),
      query: subresource?.name === 'log' ? LOG_QUERY : ['pretty'],
      produces: subresource?.name === 'log' ? [...reads, 'text/plain'] : reads,
      responses: {200: subresource?.name === 'log' ? 'string' : answerOf(subresource)},
    }),
    create: (subresource?: Subresource): Operation => write('post', 'post', 'create', ['200', '201', '202'], subresource),
    replace: (subresource?: Subresource): Operation => write('put', 'put', 'replace', ['200', '201'], subresource),
    patch: (subresource?: Subresource): Operation => ({
      ...write('patch', 'patch', 'patch', ['200', '201'], subresource),
      query: [...WRITE_QUERY, 'force'].sort(),
      consumes: resource.custom ? PATCHES.filter(type => !type.includes('strategic')) : PATCHES,
      body: {definition: `${META}Patch`},
    }),
    delete: (): Operation => {
      const answer = resource.strategy.returnDeletedObject ? own : STATUS;
      return {...deletion('delete', name('delete'), DELETE_QUERY), responses: {200: answer, 202: answer}};
    },
    deleteCollection: (): Operation => ({
      ...deletion('deletecollection', name('delete').replace(new RegExp(`(?=${scope}${resource.kind}$)`), 'Collection'), COLLECTION_QUERY),
      responses: {200: STATUS},
    }),
    connect: (method: Method, subresource: Subresource, suffix: string): Operation => ({
      method,
      id: operationId(root, 'connect', `${title(method)}${scope}${resource.kind}${title(subresource.name)}${suffix}`),
      tag,
      action: 'connect',
      kind: kindOf(subresource),
      query: CONNECT_QUERY[subresource.name]!,
      produces: ['*/*'],
      responses: {200: 'string'},
    }),
  };

  function deletion(action: string, id: string, query: readonly string[]): Omit<Operation, 'responses'> {
    return {
      method: 'delete',
      id,
      tag,
      action,
      kind: own,
      query,
      consumes: ['*/*'],
      body: {definition: `${META}DeleteOptions`},
      bodyRequired: false,
      produces: reads,
    };
  }
}

function plainOperation(root: string, name: string, produces: readonly string[], answer: TypeName): Operation {
  return {method: 'get', id: operationId(root, 'get', name.slice(3)), tag: tagOf(root), query: [], produces, responses: {200: answer}};
}

/** `patch` + `AppsV1` + `NamespacedDeployment`. */
function operationId(root: string, verb: string, rest: string): string {
  return (
    verb +
    groupParts(root)
      .map(part => valid(part, true))
      .join('') +
    valid(rest, true)
  );
}

const tagOf = (root: string): string =>
  groupParts(root)
    .map(part => valid(part, false))
    .join('_') || valid(root.split('/')[1]!, false);

/** Group and version that a path begins with; `/api` counts as group `core`. */
function groupParts(root: string): string[] {
  const parts = root.split('/').filter(part => part !== '');
  if (parts[0] === 'api') return ['core', ...parts.slice(1, 2)];
  return parts[0] === 'apis' ? parts.slice(1, 3).map((part, index) => (index === 0 ? part.replace(/\.k8s\.io$/, '') : part)) : [];
}

/** Letters, digits and underscores; what follows another character starts with a capital (ToValidOperationID). */
const valid = (text: string, capital: boolean): string => {
  const words = text.split(/[^\p{L}\p{Nd}_]+/u).filter(word => word !== '');
  return words.map((word, index) => (index === 0 && !capital ? word : title(word))).join('');
};

const title = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

/** `apps/v1` and Deployment as one text. */
export const kindKey = (kind: GroupVersionKind): string => `${formatGroupVersion(kind)} ${kind.kind}`;
