import type {GroupVersionKind} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import type {Resource, Subresource} from '../resources/resource.ts';

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

export const META = 'apimachinery.pkg.apis.meta.v1.';
const STATUS = {definition: `${META}Status`};
const WATCH_EVENT = {definition: `${META}WatchEvent`};

export const READS = ['application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml'];
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
export const CONNECT_QUERY: {readonly [subresource: string]: readonly string[]} = {
  attach: ['container', 'stderr', 'stdin', 'stdout', 'tty'],
  exec: ['command', 'container', 'stderr', 'stdin', 'stdout', 'tty'],
  portforward: ['ports'],
  proxy: ['path'],
};

/** Makes the operations of one resource, named as k8s.io/apiserver/pkg/endpoints/openapi names them. */
export function operationsOf(root: string, resource: Resource) {
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

/** A GET of what is no resource; the operation is named as the path's group and `name`, without its `get`. */
export function plainOperation(root: string, name: string, produces: readonly string[], answer: TypeName): Operation {
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
