/*
 * What stored objects have in common with each other. A store compresses each row by itself, against this text, which lies with the data: it
 * may be changed for the stores to come. Longer ones compress more and cost more time with every write.
 */
const SOME_TIME = '2026-01-01T00:00:00Z';
const SOME_UID = '00000000-0000-4000-8000-000000000000';

const managed = (manager: string, fieldsV1: object, more: object = {}): object => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  time: SOME_TIME,
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...more,
});
const fields = (...names: string[]): object => Object.fromEntries(names.map(name => [name === '.' ? name : `f:${name}`, {}]));

const CONFIG = {
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: {name: '', namespace: 'default', annotations: {'deployment.kubernetes.io/revision': '1'}, finalizers: []},
  data: {},
  managedFields: [managed('kubectl', {'f:data': fields('.'), 'f:metadata': {'f:annotations': fields('.'), 'f:labels': fields('.')}})],
};

const EVENT = {
  kind: 'Event',
  apiVersion: 'v1',
  metadata: {
    name: '',
    namespace: 'default',
    uid: SOME_UID,
    creationTimestamp: SOME_TIME,
    managedFields: [
      managed('kubelet', {
        ...fields('count', 'firstTimestamp', 'involvedObject', 'lastTimestamp', 'message', 'reason', 'reportingComponent'),
        ...fields('reportingInstance'),
        'f:source': fields('component', 'host'),
        'f:type': {},
      }),
    ],
  },
  involvedObject: {kind: 'Pod', namespace: 'default', name: '', uid: SOME_UID, apiVersion: 'v1', resourceVersion: '1'},
  fieldPath: 'spec.containers{main}',
  reason: 'Scheduled',
  message: 'Successfully assigned default/',
  source: {component: 'default-scheduler'},
  firstTimestamp: SOME_TIME,
  lastTimestamp: SOME_TIME,
  count: 1,
  type: 'Normal',
  eventTime: null,
  reportingComponent: 'kubelet',
  reportingInstance: 'node-1',
};

const OWNER = {apiVersion: 'apps/v1', kind: 'ReplicaSet', name: '', uid: SOME_UID, controller: true, blockOwnerDeletion: true};
const CONDITION_FIELDS = fields('.', 'lastProbeTime', 'lastTransitionTime', 'observedGeneration', 'status', 'type');
const CONDITIONS = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
const toleration = (key: string): object => ({key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300});

const POD = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: {
    name: '',
    generateName: '',
    namespace: 'default',
    uid: SOME_UID,
    generation: 1,
    creationTimestamp: SOME_TIME,
    labels: {app: '', 'pod-template-hash': ''},
    ownerReferences: [OWNER],
    managedFields: [
      managed('kube-controller-manager', {
        'f:metadata': {
          'f:generateName': {},
          'f:labels': fields('.', 'app', 'pod-template-hash'),
          'f:ownerReferences': {'.': {}, [`k:{"uid":"${SOME_UID}"}`]: {}},
        },
        'f:spec': {
          'f:containers': {
            'k:{"name":"main"}': {
              ...fields('.', 'env', 'image', 'imagePullPolicy', 'name', 'ports', 'resources', 'terminationMessagePath'),
              ...fields('terminationMessagePolicy', 'volumeMounts'),
            },
          },
          ...fields(
            'dnsPolicy',
            'enableServiceLinks',
            'restartPolicy',
            'schedulerName',
            'securityContext',
            'terminationGracePeriodSeconds',
          ),
        },
      }),
      managed(
        'kubelet',
        {
          'f:status': {
            'f:conditions': Object.fromEntries(CONDITIONS.map(type => [`k:${JSON.stringify({type})}`, CONDITION_FIELDS])),
            ...fields('containerStatuses', 'hostIP', 'hostIPs', 'observedGeneration', 'phase', 'podIP'),
            'f:podIPs': {'.': {}, 'k:{"ip":"10.244.0.1"}': fields('.', 'ip')},
            'f:startTime': {},
          },
        },
        {subresource: 'status'},
      ),
    ],
  },
  spec: {
    volumes: [
      {
        name: 'kube-api-access-',
        projected: {
          sources: [
            {serviceAccountToken: {expirationSeconds: 3607, path: 'token'}},
            {configMap: {name: 'kube-root-ca.crt', items: [{key: 'ca.crt', path: 'ca.crt'}]}},
            {downwardAPI: {items: [{path: 'namespace', fieldRef: {apiVersion: 'v1', fieldPath: 'metadata.namespace'}}]}},
          ],
          defaultMode: 420,
        },
      },
    ],
    containers: [
      {
        name: 'main',
        image: 'registry',
        ports: [{containerPort: 80, protocol: 'TCP'}],
        env: [{name: '', value: ''}],
        resources: {limits: {memory: '256Mi'}, requests: {cpu: '100m', memory: '128Mi'}},
        volumeMounts: [{name: 'kube-api-access-', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount'}],
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'IfNotPresent',
      },
    ],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'default',
    serviceAccount: 'default',
    nodeName: 'node-1',
    securityContext: {},
    schedulerName: 'default-scheduler',
    tolerations: ['not-ready', 'unreachable'].map(state => toleration(`node.kubernetes.io/${state}`)),
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  },
  status: {
    observedGeneration: 1,
    phase: 'Running',
    conditions: CONDITIONS.map(type => ({type, observedGeneration: 1, status: 'True', lastProbeTime: null, lastTransitionTime: SOME_TIME})),
    hostIP: '172.18.0.1',
    hostIPs: [{ip: '172.18.0.1'}],
    podIP: '10.244.0.1',
    podIPs: [{ip: '10.244.0.1'}],
    startTime: SOME_TIME,
    containerStatuses: [
      {
        name: 'main',
        state: {running: {startedAt: SOME_TIME}},
        lastState: {},
        ready: true,
        restartCount: 0,
        image: 'docker.io/library/nginx:1',
        imageID: 'docker.io/library/nginx@sha256:',
        containerID: 'containerd://',
        started: true,
        resources: {},
      },
    ],
    qosClass: 'BestEffort',
  },
};

/** The text against which rows are compressed in a new store. */
export const DICTIONARY = JSON.stringify([CONFIG, EVENT, POD]);
