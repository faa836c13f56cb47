import type {ApiResponse} from '../request/request.ts';

// The checks of a 1.36 API server, in the order of its verbose answer.
const CHECKS = ['ping', 'log', 'etcd'];
const READY_CHECKS = ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync'];
const POST_START = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'bootstrap-controller',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'crd-informer-synced',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'aggregator-reload-proxy-client-cert',
];

/** /healthz, /livez, /readyz: `ok`, every check with `?verbose`, one check as a path; undefined for other paths. */
export function health(path: string, query: URLSearchParams, ready: boolean): ApiResponse | undefined {
  const match = /^\/(healthz|livez|readyz)(?:\/(.+))?$/.exec(path);
  if (!match) return undefined;
  const [, endpoint, check] = match;
  if (endpoint === 'readyz' && !ready)
    return text('[-]poststarthook/bootstrap-controller failed: not finished\nreadyz check failed\n', 500);
  const checks = [
    ...(endpoint === 'readyz' ? READY_CHECKS : CHECKS),
    ...POST_START.map(hook => `poststarthook/${hook}`),
    ...(endpoint === 'readyz' ? ['shutdown'] : []),
  ];
  if (check !== undefined) return checks.includes(check) ? text('ok') : undefined;
  if (!query.has('verbose')) return text('ok');
  const excluded = new Set(query.getAll('exclude'));
  return text(
    `${checks.map(name => (excluded.has(name) ? `[+]${name} excluded: ok\n` : `[+]${name} ok\n`)).join('')}${endpoint} check passed\n`,
  );
}

const text = (value: string, status = 200): ApiResponse => ({
  status,
  headers: {'X-Content-Type-Options': 'nosniff'},
  body: {type: 'text', text: value, contentType: 'text/plain; charset=utf-8'},
});
