import {createSeededRandom} from '../../cluster/random.ts';
import type {Json, JsonObject} from '../../server/api/json.ts';

/** A request as it goes out. */
export interface Sent {
  method: string;
  path: string;
  headers: {[name: string]: string};
  body: string | Buffer | undefined;
}

const NAMESPACE = '/api/v1/namespaces/default';
const podSpec = {
  containers: [
    {
      name: 'c',
      image: 'i',
      ports: [{containerPort: 80}],
      env: [{name: 'A', value: 'b'}],
      resources: {requests: {cpu: '100m', memory: '1Gi'}},
      livenessProbe: {httpGet: {path: '/', port: 'http'}, periodSeconds: 5},
      volumeMounts: [{name: 'v', mountPath: '/v'}],
    },
  ],
  volumes: [{name: 'v', configMap: {name: 'm', items: [{key: 'a', path: 'b'}]}}],
  tolerations: [{key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5}],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{matchExpressions: [{key: 'a', operator: 'In', values: ['b']}]}],
      },
    },
  },
};
const labels = {app: 'x'};
const template = {metadata: {labels}, spec: podSpec};

/** What mutations start from: valid objects of many kinds, by the collection that takes them. */
export const SEEDS: readonly (readonly [path: string, object: JsonObject])[] = [
  [
    `${NAMESPACE}/configmaps`,
    {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'm', labels, annotations: {a: 'b'}}, data: {a: '1'}, binaryData: {b: 'AAAA'}},
  ],
  [`${NAMESPACE}/pods`, {apiVersion: 'v1', kind: 'Pod', metadata: {name: 'p', labels}, spec: podSpec}],
  [
    `${NAMESPACE}/services`,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {name: 's'},
      spec: {selector: labels, ports: [{port: 80, targetPort: 'http'}], type: 'NodePort'},
    },
  ],
  [`${NAMESPACE}/secrets`, {apiVersion: 'v1', kind: 'Secret', metadata: {generateName: 'g-'}, stringData: {a: 'b'}, type: 'Opaque'}],
  [
    `${NAMESPACE}/events`,
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {name: 'e'},
      involvedObject: {kind: 'Pod', name: 'p', namespace: 'default'},
      count: 1,
      type: 'Normal',
    },
  ],
  [
    '/apis/apps/v1/namespaces/default/deployments',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {name: 'd'},
      spec: {replicas: 2, selector: {matchLabels: labels}, strategy: {rollingUpdate: {maxSurge: '25%'}}, template},
    },
  ],
  [
    '/apis/apps/v1/namespaces/default/statefulsets',
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: {name: 'f'},
      spec: {serviceName: 's', selector: {matchLabels: labels}, template},
    },
  ],
  [
    '/apis/batch/v1/namespaces/default/jobs',
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {name: 'j'},
      spec: {template: {spec: {...podSpec, restartPolicy: 'Never'}}, completions: 3},
    },
  ],
  [
    '/apis/batch/v1/namespaces/default/cronjobs',
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: {name: 'k'},
      spec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {...podSpec, restartPolicy: 'Never'}}}}},
    },
  ],
  [
    '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {name: 'i'},
      spec: {rules: [{host: 'a.b', http: {paths: [{path: '/', pathType: 'Prefix', backend: {service: {name: 's', port: {number: 80}}}}]}}]},
    },
  ],
  [
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: {name: 'r'},
      rules: [{verbs: ['get'], apiGroups: [''], resources: ['pods']}],
    },
  ],
  [
    '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: {name: 'h'},
      spec: {
        maxReplicas: 3,
        scaleTargetRef: {kind: 'Deployment', name: 'd', apiVersion: 'apps/v1'},
        metrics: [{type: 'Resource', resource: {name: 'cpu', target: {type: 'Utilization', averageUtilization: 50}}}],
      },
    },
  ],
  [
    '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: {name: 'b'},
      spec: {minAvailable: '50%', selector: {matchExpressions: [{key: 'a', operator: 'Exists'}]}},
    },
  ],
  [
    '/apis/coordination.k8s.io/v1/namespaces/default/leases',
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {name: 'l'},
      spec: {holderIdentity: 'x', leaseDurationSeconds: 5, renewTime: '2026-01-01T00:00:00.000000Z'},
    },
  ],
  [
    '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas',
    {
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'FlowSchema',
      metadata: {name: 'w'},
      spec: {
        priorityLevelConfiguration: {name: 'exempt'},
        rules: [{subjects: [{kind: 'Group', group: {name: 'x'}}], nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['*']}]}],
      },
    },
  ],
  [
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {user: 'x', resourceAttributes: {verb: 'get', resource: 'pods'}},
    },
  ],
  [
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {name: 'ws.x.io'},
      spec: {
        group: 'x.io',
        scope: 'Namespaced',
        names: {plural: 'ws', kind: 'W'},
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {openAPIV3Schema: {type: 'object', properties: {spec: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}}}},
          },
        ],
      },
    },
  ],
];

const STRANGE: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  2147483648,
  -9007199254740992,
  '',
  ' ',
  'x',
  '-',
  '.',
  '..',
  '\u0000',
  '\ud800',
  'ü'.repeat(300),
  'x'.repeat(70_000),
  '1Gi',
  '100%',
  '-5',
  '1e1000',
  '*',
  '0x10',
  '2026-13-01T00:00:00Z',
  '__proto__',
  'constructor',
  [],
  {},
  [null],
  [[]],
  [{}],
  {a: null},
  {__proto__x: 1},
  {'': ''},
  {$patch: 'delete'},
  {$patch: 'replace'},
  [{$patch: 'merge'}],
  {$retainKeys: ['a']},
  '10.0.0.300',
  '::1',
  'fe80::1%eth0',
  'a/b/c',
  'kubernetes.io/x',
];
const QUERIES = [
  'dryRun',
  'fieldManager',
  'fieldValidation',
  'force',
  'pretty',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'labelSelector',
  'fieldSelector',
  'timeoutSeconds',
  'sendInitialEvents',
  'allowWatchBookmarks',
  'includeObject',
  'gracePeriodSeconds',
  'propagationPolicy',
  'orphanDependents',
  'export',
  'container',
  'tailLines',
];
const VALUES = [
  '',
  '0',
  '1',
  '-1',
  'true',
  'false',
  'All',
  'Strict',
  'Warn',
  'x',
  'a=b',
  'a in (b,c)',
  '!a',
  'a!=b,c',
  '=',
  ',',
  'metadata.name=m',
  'spec.nodeName=',
  '%00',
  '%zz',
  '99999999999999999999',
  'Exact',
  'NotOlderThan',
  'Orphan',
  'Foreground',
  'eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ',
  'x'.repeat(5_000),
  '%F0%9F%98%80',
];
const ACCEPT = [
  '*/*',
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,*/*',
  'text/html',
  ';;q=,',
  'application/json;q=0',
  'application/cbor',
];
const TYPES = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'text/plain',
  '',
  ';',
  'application/json; charset=x',
];
const PATCHES = TYPES.slice(3, 7);
const SUBRESOURCES = [
  '',
  '',
  '',
  '/status',
  '/scale',
  '/log',
  '/exec',
  '/eviction',
  '/binding',
  '/resize',
  '/ephemeralcontainers',
  '/proxy/x',
  '/token',
  '/nope',
  '//',
  '/approval',
];
const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test', 'nope'];

/** Requests from a seed: the same each time. */
export function createMutator(seed: number): () => Sent {
  const random = createSeededRandom(seed);
  const chance = (part: number) => random.float() < part;
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random.float() * values.length)]!;

  const mutate = (value: Json, depth = 0): Json => {
    if (chance(depth === 0 ? 0.02 : 0.12)) return pick(STRANGE);
    if (Array.isArray(value)) {
      const list = value.map(item => (chance(0.5) ? mutate(item, depth + 1) : item));
      if (chance(0.1)) list.push(list[0] ?? pick(STRANGE));
      return list;
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, child]): [string, Json] => [
      key,
      chance(0.4) ? mutate(child as Json, depth + 1) : (child as Json),
    ]);
    if (chance(0.08)) entries.splice(Math.floor(random.float() * entries.length), 1);
    if (chance(0.08)) entries.push([pick(['unknown', '__proto__', '', 'status', 'spec', 'metadata', 'items', '$patch']), pick(STRANGE)]);
    return Object.fromEntries(entries);
  };

  const damage = (text: string): string | Buffer => {
    const at = Math.floor(random.float() * text.length);
    if (chance(0.3)) return text.slice(0, at);
    if (chance(0.3)) return Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from(text.slice(at))]);
    return (
      text.slice(0, at) +
      pick(['{', '}', '[', ']', ',', ':', '"', '\\', '\\u12', '\u0000', '\n', '&a ', '*a', '!!binary ', '# ', '- ', '1e999']) +
      text.slice(at)
    );
  };

  const pointer = (value: Json): string => {
    if (typeof value !== 'object' || value === null || chance(0.2)) return '';
    const key = chance(0.1) ? pick(['-', '99', '~', '~2', '__proto__', '']) : pick(Object.keys(value));
    return key === undefined ? '/x' : `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}${pointer((value as JsonObject)[key] ?? null)}`;
  };

  const operations = (object: JsonObject): Json =>
    Array.from({length: 1 + Math.floor(random.float() * 4)}, () => ({
      op: pick(OPERATIONS),
      path: pointer(object),
      ...(chance(0.5) && {from: pointer(object)}),
      ...(chance(0.7) && {value: pick(STRANGE)}),
    }));

  return () => {
    const [collection, object] = pick(SEEDS);
    const method = pick(['POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'GET', 'GET', 'DELETE', 'HEAD', 'OPTIONS']);
    const {name = 'x'} = (object.metadata as {name?: string} | undefined) ?? {};
    const named = method === 'POST' ? chance(0.15) : chance(0.8);
    const segments = named
      ? `/${chance(0.05) ? pick(['%2e%2e', 'A_B', 'x'.repeat(300), '%00', '%e2%82']) : name}${pick(SUBRESOURCES)}`
      : '';
    const query = Array.from({length: chance(0.5) ? 0 : Math.ceil(random.float() * 3)}, () => `${pick(QUERIES)}=${pick(VALUES)}`);
    // A watch that nobody ends would keep the next request waiting.
    if (method === 'GET' && !named && chance(0.2)) query.push('watch=1', 'timeoutSeconds=0.1', 'resourceVersion=abc');
    const type = method === 'PATCH' && chance(0.9) ? pick(PATCHES) : chance(0.85) ? 'application/json' : pick(TYPES);
    const mutated = mutate(object);
    const text = JSON.stringify(type === 'application/json-patch+json' && chance(0.9) ? operations(object) : mutated) ?? '';
    const body =
      method === 'GET' || method === 'HEAD' || (method === 'DELETE' && chance(0.7)) ? undefined : chance(0.1) ? damage(text) : text;
    return {
      method,
      path: `${collection}${segments}${query.length > 0 ? `?${query.join('&')}` : ''}`,
      headers: {
        ...(chance(0.3) && {Accept: pick(ACCEPT)}),
        ...(body !== undefined && {'Content-Type': type, 'Content-Length': String(Buffer.byteLength(body))}),
      },
      body,
    };
  };
}
