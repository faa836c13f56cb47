/** What a real control plane costs: kube-apiserver 1.36.3 with etcd 3.6 (no fsync), HTTP/1.1, TLS, JSON, on two cores shared with the load. */
export interface RealFigures {
  /** Server CPU per operation in milliseconds: user and system time of all server processes. */
  cpu?: number;
  /** Operations per second. */
  rate?: number;
  /** Where the figure is something else: seconds, or megabytes. */
  text?: string;
}

/** When it was measured. */
export const MEASURED_ON = '2026-11-21';

/** What a GET of `node:https` alone cost on that machine, in milliseconds of CPU: targets are of it, and grow with what it costs elsewhere. */
export const BARE_GET = 0.032;

export const REAL: {readonly [operation: string]: RealFigures} = {
  'get pod': {cpu: 0.5, rate: 3185},
  'create ConfigMap (1 KB)': {cpu: 0.82, rate: 2121},
  'create pod (3 KB)': {cpu: 1.47, rate: 1330},
  'update ConfigMap': {cpu: 1.1, rate: 1600},
  'merge patch ConfigMap': {cpu: 1.1, rate: 1600},
  'JSON patch ConfigMap': {cpu: 1.1, rate: 1600},
  'apply ConfigMap': {cpu: 1.3, rate: 1365},
  'strategic patch Deployment': {cpu: 2.2, rate: 826},
  'apply Deployment': {cpu: 2.7, rate: 690},
  'list 2,000 pods': {cpu: 97, rate: 12.4},
  '2,000 pods as Table': {cpu: 57, rate: 21},
  '2,000 pods as metadata': {cpu: 30, rate: 39},
  '2,000 pods as protobuf': {cpu: 46, rate: 23},
  '2,000 pods as protobuf, first': {cpu: 46, rate: 23},
  'WatchList of 2,000 pods': {cpu: 174, rate: 7.4},
  'list by spec.nodeName, 1 %': {cpu: 2.1, rate: 550},
  'delivery to 100 watchers': {cpu: 0.056},
  'delivery to 500 watchers': {cpu: 0.022},
  'increment, 16 writers': {cpu: 10.3, rate: 170},
  'strategic patch pod status': {cpu: 2.0, rate: 888},
  'delete pod, grace 0': {cpu: 2.2, rate: 817},
  'create CR with CEL rules': {cpu: 2.0, rate: 941},
  'create CR, schema only': {cpu: 1.05, rate: 1692},
  'delete ConfigMap': {cpu: 0.72, rate: 2290},
  'Deployment of 500 available': {text: '24 s (3.5–3.9 s without client rate limits), 14.7 ms CPU per pod'},
  'rolling update of 500': {text: '53 s (4.6–5.4 s), 20.5 ms'},
  'scale 500 to 0': {text: '25 s (1.4 s), 5.1 ms'},
  '50 Deployments of 10': {text: '33 s (4.3–4.7 s), 18.2 ms'},
  'namespace with 500 pods gone': {text: '11 s (10.4 s, of which 5 s it waits), 22.8 ms'},
  'CRD POST to first object': {text: '2.0 s'},
  'start to /readyz': {text: '2.5–3.0 s'},
  'first Deployment available': {text: '9 s (3.5 s without client rate limits)'},
  'memory when idle': {text: '542 MB (302 MB without controllers)'},
  '50,000 ConfigMaps': {text: '2,024/s, 11.5 KB each'},
};
