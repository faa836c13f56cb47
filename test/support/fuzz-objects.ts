import type {JsonObject} from '../../server/api/json.ts';

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
export const OBJECTS: readonly (readonly [path: string, object: JsonObject])[] = [
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
