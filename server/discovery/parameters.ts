import type {Operation} from './operations.ts';

const BOOLEANS = new Set([
  'allowWatchBookmarks',
  'follow',
  'force',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'insecureSkipTLSVerifyBackend',
  'orphanDependents',
  'previous',
  'sendInitialEvents',
  'stderr',
  'stdin',
  'stdout',
  'timestamps',
  'tty',
  'watch',
]);
const INTEGERS = new Set(['gracePeriodSeconds', 'limit', 'limitBytes', 'ports', 'sinceSeconds', 'tailLines', 'timeoutSeconds']);

/** The JSON type of a query parameter. */
export const parameterType = (name: string): 'boolean' | 'integer' | 'string' =>
  BOOLEANS.has(name) ? 'boolean' : INTEGERS.has(name) ? 'integer' : 'string';

/** The query parameters that all operations of a path have: documents name them once, beside the operations. */
export const shared = (operations: readonly Operation[]): string[] =>
  (operations[0]?.query ?? []).filter(name => operations.every(({query}) => query.includes(name)));

/** `namespace` and `name` of `/api/v1/namespaces/{namespace}/pods/{name}`. */
export const pathParameters = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1]!);
