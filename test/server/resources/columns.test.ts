import assert from 'node:assert/strict';
import {loadFacts} from '../../../openapi/facts.ts';
import {schemasOf} from '../../../openapi/schemas.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import {formatGroupVersion} from '../../../server/api/object.ts';
import {columnsOf} from '../../../server/resources/columns.ts';
import {createRegistry} from '../../../server/resources/registry.ts';

const NOW = Date.parse('2026-01-01T00:10:00Z');
const CREATED = '2026-01-01T00:00:00Z';

const facts = loadFacts();
const registry = createRegistry(facts, schemasOf(facts));
const columnFacts = (groupVersion: string, resource: string) => facts.resources[`${groupVersion} ${resource}`]?.columns;

function cells(path: string, object: {[field: string]: unknown}): unknown[] {
  const [group = '', version = '', resource = ''] = path.split(' ');
  const {columns} = registry.find(group, version, resource)!;
  const {metadata, ...rest} = object;
  const full = {metadata: {name: 'x', creationTimestamp: CREATED, ...(metadata as object)}, ...rest};
  return columns.map(column => column.cell(full as unknown as KubeObject, NOW));
}

type Case = [path: string, object: {[field: string]: unknown}, expected: unknown[]];

/** Objects that are odd in one way. */
const UNUSUAL: Case[] = [
  [' v1 events', {involvedObject: {}, reportingInstance: 'i', series: {}}, ['<unknown>', '', '', '', '', ', i', '', '<unknown>', 0, 'x']],
  [
    'autoscaling v2 horizontalpodautoscalers',
    {
      spec: {
        scaleTargetRef: {kind: 'Deployment', name: 'd'},
        maxReplicas: 5,
        metrics: [
          {type: 'Pods', pods: {target: {averageValue: '10'}}},
          {type: 'Object', object: {target: {value: '3'}}},
        ],
      },
      status: {
        currentMetrics: [
          {type: 'Pods', pods: {current: {value: '1'}}},
          {type: 'Object', object: {}},
        ],
      },
    },
    ['x', 'Deployment/d', '<nil>/10, <nil>/3', '<unset>', 5, 0, '10m'],
  ],
  [
    'networking.k8s.io v1 ingresses',
    {spec: {rules: [{host: 'a'}, {host: 'b'}, {host: 'c'}, {}]}},
    ['x', '<none>', 'a,b,c + 1 more...', '', '80', '10m'],
  ],
  [
    'networking.k8s.io v1 ingresses',
    {spec: {rules: [{}, {host: 'a'}, {host: 'b'}, {host: 'c'}]}},
    ['x', '<none>', 'a,b,c', '', '80', '10m'],
  ],
  [
    'networking.k8s.io v1 ipaddresses',
    {spec: {parentRef: {group: 'Example.com', resource: 'Things', name: 'S'}}},
    ['x', 'things.example.com/S', '10m'],
  ],
  ['networking.k8s.io v1 ipaddresses', {}, ['x', '<none>', '10m']],
  ['discovery.k8s.io v1 endpointslices', {addressType: 'IPv6', ports: [{name: ''}]}, ['x', 'IPv6', '<unset>', '<unset>', '10m']],
  [
    'storage.k8s.io v1 volumeattributesclasses',
    {metadata: {annotations: {'volumeattributesclass.alpha.kubernetes.io/is-default-class': 'true'}}, driverName: 'd'},
    ['x (default)', 'd', '10m'],
  ],
  [
    'admissionregistration.k8s.io v1 validatingadmissionpolicybindings',
    {spec: {policyName: 'p', paramRef: {name: 'c'}}},
    ['x', 'p', '*/c', '10m'],
  ],
  [
    'admissionregistration.k8s.io v1 mutatingadmissionpolicybindings',
    {
      spec: {
        policyName: 'p',
        paramRef: {selector: {matchLabels: {b: '1', a: '2'}, matchExpressions: [{key: 'k', operator: 'In', values: ['v', 'w']}]}},
      },
    },
    [
      'x',
      'p',
      '&LabelSelector{MatchLabels:map[string]string{a: 2,b: 1,},MatchExpressions:[]LabelSelectorRequirement{' +
        'LabelSelectorRequirement{Key:k,Operator:In,Values:[v w],},},}',
      '10m',
    ],
  ],
];

describe('The columns of built-in kinds', () => {
  it('are those of the facts, by name and in order', () => {
    let compared = 0;
    for (const resource of registry.resources) {
      const expected = columnFacts(formatGroupVersion(resource), resource.resource);
      if (!expected) continue;
      const {columns} = resource;
      assert.deepEqual(
        columns.filter(({name}) => name !== '').map(({name, type, format, priority}) => [name, type, format, priority]),
        expected,
        resource.kind,
      );
      compared++;
    }
    assert.ok(compared > 50, `${compared} resources`);
  });

  it('print an object of which nothing is there, as bookmarks are', () => {
    for (const {columns} of registry.resources) for (const column of columns) assert.notEqual(column.cell({metadata: {}}, NOW), undefined);
  });

  it('find their descriptions where the kind is defined', () => {
    const asked: string[] = [];
    const describe = (definition: string, field: string) => {
      asked.push(`${definition}.${field}`);
      return 'text';
    };
    const hub = {group: 'apps', version: 'v1', kind: 'DaemonSet'};
    const texts = columnsOf(hub, columnFacts('apps/v1', 'daemonsets'), facts, describe).map(({description}) => description);
    assert.deepEqual(asked.slice(0, 2), [
      'apimachinery.pkg.apis.meta.v1.ObjectMeta.name',
      'api.apps.v1.DaemonSetStatus.desiredNumberScheduled',
    ]);
    assert.ok(asked.includes('api.core.v1.PodSpec.nodeSelector'));
    assert.equal(texts[0], 'text');
    assert.equal(texts.at(-2), '');
  });

  const container = {name: 'c', image: 'nginx:1.27'};
  const template = {
    metadata: {labels: {app: 'x'}},
    spec: {containers: [container, {name: 'd', image: 'redis:8'}], nodeSelector: {disk: 'ssd'}},
  };
  const selector = {matchLabels: {app: 'x'}, matchExpressions: [{key: 'k', operator: 'In', values: ['b', 'a']}]};
  const cases: Case[] = [
    ...UNUSUAL,
    [' v1 configmaps', {data: {a: '1', b: '2'}, binaryData: {c: ''}}, ['x', 3, '10m']],
    [' v1 secrets', {type: 'Opaque', data: {a: ''}}, ['x', 'Opaque', 1, '10m']],
    [' v1 limitranges', {}, ['x', CREATED]],
    [
      ' v1 services',
      {
        spec: {
          type: 'NodePort',
          clusterIPs: ['10.96.0.9'],
          ports: [
            {port: 80, nodePort: 30080},
            {port: 53, protocol: 'UDP'},
          ],
        },
      },
      ['x', 'NodePort', '10.96.0.9', '<none>', '80:30080/TCP,53/UDP', '10m', '<none>'],
    ],
    [
      ' v1 services',
      {spec: {type: 'LoadBalancer', externalIPs: ['192.0.2.9']}, status: {loadBalancer: {ingress: [{ip: '192.0.2.1'}]}}},
      ['x', 'LoadBalancer', '<none>', '192.0.2.1,192.0.2.9', '<none>', '10m', '<none>'],
    ],
    [' v1 services', {spec: {type: 'LoadBalancer'}}, ['x', 'LoadBalancer', '<none>', '<pending>', '<none>', '10m', '<none>']],
    [
      ' v1 services',
      {spec: {type: 'ExternalName', externalName: 'a.b'}},
      ['x', 'ExternalName', '<none>', 'a.b', '<none>', '10m', '<none>'],
    ],
    [
      ' v1 endpoints',
      {subsets: [{addresses: [{ip: '10.1.0.1'}, {ip: 'fd00::1'}], ports: [{port: 80}, {port: 81}]}, {addresses: [{ip: '10.1.0.3'}]}]},
      ['x', '10.1.0.1:80,[fd00::1]:80,10.1.0.1:81 + 2 more...', '10m'],
    ],
    [
      ' v1 nodes',
      {
        metadata: {labels: {'node-role.kubernetes.io/worker': '', 'kubernetes.io/role': 'infra'}},
        spec: {unschedulable: true},
        status: {
          conditions: [{type: 'Ready', status: 'True'}],
          nodeInfo: {kubeletVersion: 'v1.36.0', osImage: 'Linux'},
          addresses: [{type: 'InternalIP', address: '10.0.0.1'}],
        },
      },
      ['x', 'Ready,SchedulingDisabled', 'infra,worker', '10m', 'v1.36.0', '10.0.0.1', '<none>', 'Linux', '<unknown>', '<unknown>'],
    ],
    [' v1 nodes', {}, ['x', 'Unknown', '<none>', '10m', '', '<none>', '<none>', '<unknown>', '<unknown>', '<unknown>']],
    [
      ' v1 persistentvolumes',
      {
        spec: {
          capacity: {storage: '5Gi'},
          accessModes: ['ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Retain',
          claimRef: {namespace: 'n', name: 'c'},
        },
        status: {phase: 'Bound'},
      },
      ['x', '5Gi', 'RWO', 'Retain', 'Bound', 'n/c', '', '<unset>', '', '10m', '<unset>'],
    ],
    [
      ' v1 persistentvolumeclaims',
      {spec: {storageClassName: 's', volumeMode: 'Block', resources: {requests: {storage: '1Gi'}}}, status: {phase: 'Pending'}},
      ['x', 'Pending', '', '', '', 's', '<unset>', '10m', 'Block'],
    ],
    [
      ' v1 events',
      {
        firstTimestamp: CREATED,
        lastTimestamp: '2026-01-01T00:09:00Z',
        count: 4,
        type: 'Normal',
        reason: 'Pulled',
        message: ' done\n',
        involvedObject: {kind: 'Pod', name: 'p', fieldPath: 'spec.containers{c}'},
        source: {component: 'kubelet', host: 'node-1'},
      },
      ['60s', 'Normal', 'Pulled', 'pod/p', 'spec.containers{c}', 'kubelet, node-1', 'done', '10m', 4, 'x'],
    ],
    [
      ' v1 events',
      {
        eventTime: '2026-01-01T00:08:00.000000Z',
        involvedObject: {kind: 'Pod'},
        reportingComponent: 'a/b',
        series: {count: 7, lastObservedTime: '2026-01-01T00:09:55.000000Z'},
      },
      ['5s', '', '', 'pod', '', 'a/b', '', '2m', 7, 'x'],
    ],
    [
      ' v1 resourcequotas',
      {status: {hard: {pods: '10', 'limits.memory': '1Gi', 'requests.cpu': '2'}, used: {pods: '1'}}},
      ['x', 'pods: 1/10, requests.cpu: 0/2', 'limits.memory: 0/1Gi', '10m'],
    ],
    [
      'apps v1 deployments',
      {spec: {replicas: 3, selector, template}, status: {readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1}},
      ['x', '2/3', 3, 1, '10m', 'c,d', 'nginx:1.27,redis:8', 'app=x,k in (a,b)'],
    ],
    [
      'apps v1 daemonsets',
      {spec: {selector, template}, status: {desiredNumberScheduled: 3, currentNumberScheduled: 2}},
      ['x', 3, 2, 0, 0, 0, 'disk=ssd', '10m', 'c,d', 'nginx:1.27,redis:8', 'app=x,k in (a,b)'],
    ],
    [
      'apps v1 controllerrevisions',
      {metadata: {ownerReferences: [{apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', controller: true}]}, revision: 2},
      ['x', 'statefulset.apps/db', 2, '10m'],
    ],
    [
      'batch v1 jobs',
      {
        spec: {completions: 5, template},
        status: {
          succeeded: 5,
          startTime: CREATED,
          completionTime: '2026-01-01T00:02:05Z',
          conditions: [{type: 'Complete', status: 'True'}],
        },
      },
      ['x', 'Complete', '5/5', '2m5s', '10m', 'c,d', 'nginx:1.27,redis:8', '<none>'],
    ],
    ['batch v1 jobs', {spec: {parallelism: 3, template}}, ['x', 'Running', '0/1 of 3', '', '10m', 'c,d', 'nginx:1.27,redis:8', '<none>']],
    [
      'batch v1 cronjobs',
      {
        spec: {schedule: '* * * * *', suspend: false, jobTemplate: {spec: {template}}},
        status: {active: [{}], lastScheduleTime: '2026-01-01T00:09:00Z'},
      },
      ['x', '* * * * *', '<none>', 'False', 1, '60s', '10m', 'c,d', 'nginx:1.27,redis:8', '<none>'],
    ],
    [
      'autoscaling v2 horizontalpodautoscalers',
      {
        spec: {
          scaleTargetRef: {kind: 'Deployment', name: 'd'},
          maxReplicas: 5,
          metrics: [
            {type: 'Resource', resource: {name: 'cpu', target: {averageUtilization: 60}}},
            {type: 'Pods', pods: {target: {averageValue: '10'}}},
            {type: 'External', external: {target: {value: '3'}}},
          ],
        },
        status: {currentReplicas: 2, currentMetrics: [{type: 'Resource', resource: {current: {averageUtilization: 40}}}]},
      },
      ['x', 'Deployment/d', 'cpu: 40%/60%, <unknown>/10 + 1 more...', '<unset>', 5, 2, '10m'],
    ],
    [
      'networking.k8s.io v1 ingresses',
      {spec: {rules: [{host: 'a'}, {host: 'b'}, {host: 'c'}, {host: 'd'}], tls: [{}]}},
      ['x', '<none>', 'a,b,c + 1 more...', '', '80, 443', '10m'],
    ],
    [
      'networking.k8s.io v1 ipaddresses',
      {spec: {parentRef: {resource: 'services', namespace: 'n', name: 's'}}},
      ['x', 'services/n/s', '10m'],
    ],
    ['networking.k8s.io v1 networkpolicies', {spec: {podSelector: {}}}, ['x', '<none>', '10m']],
    ['policy v1 poddisruptionbudgets', {spec: {maxUnavailable: '25%'}}, ['x', 'N/A', '25%', 0, '10m']],
    [
      'rbac.authorization.k8s.io v1 rolebindings',
      {
        roleRef: {kind: 'Role', name: 'r'},
        subjects: [
          {kind: 'User', name: 'u'},
          {kind: 'User', name: 'v'},
          {kind: 'ServiceAccount', namespace: 'n', name: 's'},
        ],
      },
      ['x', 'Role/r', '10m', 'u, v', '', 'n/s'],
    ],
    [
      'storage.k8s.io v1 storageclasses',
      {metadata: {annotations: {'storageclass.kubernetes.io/is-default-class': 'true'}}, provisioner: 'p'},
      ['x (default)', 'p', 'Delete', 'Immediate', false, '10m'],
    ],
    [
      'discovery.k8s.io v1 endpointslices',
      {addressType: 'IPv4', ports: [{port: 80}, {name: 'b'}, {}], endpoints: [{addresses: ['10.1.0.1']}]},
      ['x', 'IPv4', '80,b,*', '10.1.0.1', '10m'],
    ],
    [
      'certificates.k8s.io v1 certificatesigningrequests',
      {spec: {signerName: 's', username: 'u', expirationSeconds: 3600}, status: {certificate: 'x', conditions: [{type: 'Approved'}]}},
      ['x', '10m', 's', 'u', '60m', 'Approved,Issued'],
    ],
    [
      'apiregistration.k8s.io v1 apiservices',
      {spec: {}, status: {conditions: [{type: 'Available', status: 'False', reason: 'R'}]}},
      ['x', 'Local', 'False (R)', '10m'],
    ],
    ['resource.k8s.io v1 resourceclaims', {status: {allocation: {}, reservedFor: [{}]}}, ['x', 'allocated,reserved', '10m']],
    [
      'flowcontrol.apiserver.k8s.io v1 prioritylevelconfigurations',
      {spec: {type: 'Limited', limited: {nominalConcurrencyShares: 5, limitResponse: {type: 'Reject'}}}},
      ['x', 'Limited', 5, '<none>', '<none>', '<none>', '10m'],
    ],
    [
      'admissionregistration.k8s.io v1 validatingadmissionpolicies',
      {spec: {validations: [{}], paramKind: {apiVersion: 'v1', kind: 'ConfigMap'}}},
      ['x', 1, 'v1/ConfigMap', '10m'],
    ],
  ];
  for (const [path, object, expected] of cases)
    it(`print ${path.trim()} as ${expected.slice(1, 4).join(' ')}`, () => assert.deepEqual(cells(path, object), expected));
});
