import type {JsonObject} from '../server/api/json.ts';

export const NAMESPACE = 'bench';

/** A ConfigMap of about 1 KB. */
export const configMap = (name: string, data: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {name, namespace: NAMESPACE, labels: {app: 'bench'}},
  data: {config: 'x'.repeat(800), ...data},
});

/** A pod of about 3 KB, as a Deployment's template of a real application has it. */
export const pod = (name: string, node?: string): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {name, namespace: NAMESPACE, labels: {app: 'web', tier: 'front', 'app.kubernetes.io/instance': name}},
  spec: {...podSpec('main', 'sidecar'), ...(node !== undefined && {nodeName: node})},
});

/** A Deployment whose pods are like `pod`; with less in them, `small` ones start by the hundred. */
export const deployment = (name: string, replicas: number, small = false): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {name, namespace: NAMESPACE},
  spec: {
    replicas,
    selector: {matchLabels: {app: name}},
    template: {metadata: {labels: {app: name}}, spec: small ? {containers: [{name: 'main', image: 'nginx:1.27'}]} : podSpec('main')},
  },
});

const podSpec = (...containers: string[]): JsonObject => ({
  containers: containers.map(container),
  volumes: [
    {name: 'config', configMap: {name: 'settings'}},
    {name: 'scratch', emptyDir: {}},
  ],
  tolerations: [{key: 'dedicated', operator: 'Equal', value: 'web', effect: 'NoSchedule'}],
  affinity: {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {weight: 100, podAffinityTerm: {topologyKey: 'kubernetes.io/hostname', labelSelector: {matchLabels: {app: 'web'}}}},
      ],
    },
  },
});

const container = (name: string): JsonObject => ({
  name,
  image: `registry.example.com/team/${name}:1.2.3`,
  args: ['--config=/etc/config/settings.yaml', '--log-level=info'],
  env: Array.from({length: 8}, (_, i) => ({name: `SETTING_${i}`, value: `value-${i}-${'x'.repeat(40)}`})),
  ports: [{name: 'http', containerPort: 8080, protocol: 'TCP'}],
  resources: {requests: {cpu: '100m', memory: '128Mi'}, limits: {cpu: '500m', memory: '256Mi'}},
  readinessProbe: {httpGet: {path: '/ready', port: 'http'}, periodSeconds: 10},
  livenessProbe: {httpGet: {path: '/live', port: 'http'}, periodSeconds: 20},
  volumeMounts: [
    {name: 'config', mountPath: '/etc/config', readOnly: true},
    {name: 'scratch', mountPath: '/tmp'},
  ],
});
