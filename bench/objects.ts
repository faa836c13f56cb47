import type {JsonObject} from '../server/api/json.ts';

export const NAMESPACE = 'bench';
/** Where operations run before they are measured. */
export const WARM_UP = 'warm-up';

/** A ConfigMap of about 1 KB. */
export const configMap = (name: string, data: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {name, namespace: NAMESPACE, labels: {app: 'bench'}},
  data: {config: 'x'.repeat(800), ...data},
});

/** A pod that takes about 3 KB as it is stored and listed, with its defaults and managed fields. */
export const pod = (name: string, node?: string, namespace = NAMESPACE): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {name, namespace, labels: {app: 'web', tier: 'front'}},
  spec: {...podSpec(), ...(node !== undefined && {nodeName: node})},
});

/** A pod for nodes that nobody has called ready. */
export const tolerantPod = (name: string): JsonObject => {
  const {spec, ...rest} = pod(name);
  return {...rest, spec: {...(spec as JsonObject), tolerations: [{operator: 'Exists'}]}};
};

/** A node without kubelet. */
export const node = (name: string): JsonObject => {
  const resources = {cpu: '32', memory: '128Gi', pods: '250', 'ephemeral-storage': '100Gi'};
  return {apiVersion: 'v1', kind: 'Node', metadata: {name}, status: {capacity: resources, allocatable: resources}};
};

/** A Deployment whose pods are like `pod`; with less in them, `small` ones start by the hundred. */
export const deployment = (name: string, replicas: number, small = false): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {name, namespace: NAMESPACE},
  spec: {
    replicas,
    selector: {matchLabels: {app: name}},
    template: {metadata: {labels: {app: name}}, spec: small ? {containers: [{name: 'main', image: 'nginx:1.27'}]} : podSpec()},
  },
});

const podSpec = (): JsonObject => ({
  containers: [
    {
      name: 'main',
      image: 'registry.example.com/team/main:1.2.3',
      args: ['--config=/etc/config/settings.yaml'],
      env: [{name: 'MODE', value: 'production'}],
      ports: [{name: 'http', containerPort: 8080}],
      resources: {requests: {cpu: '100m', memory: '128Mi'}, limits: {memory: '256Mi'}},
      readinessProbe: {httpGet: {path: '/ready', port: 'http'}},
      volumeMounts: [{name: 'config', mountPath: '/etc/config', readOnly: true}],
    },
  ],
  volumes: [{name: 'config', configMap: {name: 'settings'}}],
});
