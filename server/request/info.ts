/** What a request is about (k8s.io/apiserver/pkg/endpoints/request/requestinfo.go). */
export interface RequestInfo {
  readonly isResource: boolean;
  /** get, list, watch, create, update, patch, delete, deletecollection; the lower-case method of other paths. */
  readonly verb: string;
  /** `api` or `apis`. */
  readonly prefix: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Decoded path segments from the resource on; longer than [resource, name, subresource] for proxies and unknown paths. */
  readonly parts: readonly string[];
  readonly path: string;
}

const VERBS: {[method: string]: string} = {POST: 'create', GET: 'get', HEAD: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete'};

// Below these, a segment after the namespace's name is a subresource of the namespace itself.
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** Any value but `0` and `false` is true, the empty one included (apimachinery's conversion of query parameters). */
export function queryFlag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** What is known of a request that is for no resource. */
export const pathInfo = (verb: string, path: string): RequestInfo => ({
  isResource: false,
  verb,
  prefix: '',
  group: '',
  version: '',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
  parts: [],
  path,
});

/** Reads method, path and query; undefined where the path cannot be decoded. */
export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo | undefined {
  const segments = decodeSegments(path);
  if (segments === undefined) return undefined;
  // Go's URL.Path: what is allowed and what answers are told the same.
  const other = pathInfo(method.toLowerCase(), path.includes('%') ? decodeURIComponent(path) : path);
  const prefix = segments[0]!;
  if (prefix !== 'api' && prefix !== 'apis') return other;
  const head = prefix === 'api' ? 2 : 3;
  const [group, version] = prefix === 'api' ? ['', segments[1] ?? ''] : [segments[1] ?? '', segments[2] ?? ''];
  let rest = segments.slice(head);
  if (rest.length === 0) return {...other, prefix, group, version};
  let verb = VERBS[method] ?? '';
  // The deprecated /watch/ paths.
  const watchPath = rest[0] === 'watch' && method === 'GET' && rest.length > 1;
  if (watchPath) {
    verb = 'watch';
    rest = rest.slice(1);
  }
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1]!;
    if (rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2]!)) rest = rest.slice(2);
  }
  const [resource = '', name = '', subresource = ''] = rest;
  if (verb === 'get' && name === '') verb = queryFlag(query, 'watch') ? 'watch' : 'list';
  if (verb === 'delete' && name === '') verb = 'deletecollection';
  return {isResource: true, verb, prefix, group, version, namespace, resource, subresource, name, parts: rest, path: other.path};
}

/** A trailing slash does not count; an empty segment inside stays, and matches nothing. */
function decodeSegments(path: string): string[] | undefined {
  const trimmed = path.replace(/^\//, '').replace(/\/$/, '');
  try {
    return trimmed.split('/').map(segment => (segment.includes('%') ? decodeURIComponent(segment) : segment));
  } catch {
    return undefined;
  }
}
