import assert from 'node:assert/strict';
import type {NodeOptions, Objects, PodOptions} from './cluster-of.ts';
import {clusterOf, node, place, pod} from './cluster-of.ts';

const ZONE = 'topology.kubernetes.io/zone';
const HOST = 'kubernetes.io/hostname';
const near = (app: string, topologyKey = HOST) => [{labelSelector: {matchLabels: {app}}, topologyKey}];
const required = <T>(terms: T) => ({requiredDuringSchedulingIgnoredDuringExecution: terms});
const claim = (name: string, spec: object, annotations = {}) => ({metadata: {name, namespace: 'default', annotations}, spec}) as never;
const withClaim: PodOptions = {volumes: [{name: 'v', persistentVolumeClaim: {claimName: 'c'}}]};
const bound = {'pv.kubernetes.io/bind-completed': 'yes'};

interface Case {
  nodes: {[name: string]: NodeOptions};
  /** Pods there, with spec.nodeName. */
  placed?: {[name: string]: PodOptions};
  pod: PodOptions;
  objects?: Objects;
  want: string;
}

const CASES: {[what: string]: Case} = {
  'cpu that no node has': {
    nodes: {a: {}, b: {}},
    pod: {cpu: '100'},
    want: '0/2 nodes are available: 2 Insufficient cpu.',
  },
  'every missing resource is named': {
    nodes: {a: {}},
    pod: {containers: [{name: 'c', resources: {requests: {cpu: '9', memory: '64Gi', 'ephemeral-storage': '1', 'x.y/gpu': '1'}}}]},
    want: '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient ephemeral-storage, 1 Insufficient memory, 1 Insufficient x.y/gpu.',
  },
  'what runs there counts': {
    nodes: {a: {}, b: {}},
    placed: {p: {nodeName: 'a', cpu: '7'}},
    pod: {cpu: '2'},
    want: 'b',
  },
  'as many pods as a node takes': {
    nodes: {a: {allocatable: {pods: '1'}}},
    placed: {p: {nodeName: 'a'}},
    pod: {},
    want: '0/1 nodes are available: 1 Too many pods.',
  },
  'init containers count where they need more': {
    nodes: {a: {}},
    pod: {cpu: '1', initContainers: [{name: 'i', resources: {requests: {cpu: '9'}}}]},
    want: '0/1 nodes are available: 1 Insufficient cpu.',
  },
  'sidecars count beside containers': {
    nodes: {a: {}},
    pod: {cpu: '5', initContainers: [{name: 's', restartPolicy: 'Always', resources: {requests: {cpu: '4'}}}]},
    want: '0/1 nodes are available: 1 Insufficient cpu.',
  },
  'a cordoned node': {
    nodes: {a: {unschedulable: true, taints: [{key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule'}]}},
    pod: {},
    want: '0/1 nodes are available: 1 node(s) were unschedulable.',
  },
  'an untolerated taint': {
    nodes: {a: {taints: [{key: 'k', effect: 'NoExecute'}]}, b: {taints: [{key: 'k', effect: 'PreferNoSchedule'}]}},
    pod: {},
    want: 'b',
  },
  'a tolerated taint': {
    nodes: {a: {taints: [{key: 'k', value: 'v', effect: 'NoSchedule'}]}},
    pod: {tolerations: [{key: 'k', operator: 'Equal', value: 'v'}]},
    want: 'a',
  },
  'node selector and taints each have their reason': {
    nodes: {a: {labels: {disk: 'hdd'}}, b: {labels: {disk: 'ssd'}, taints: [{key: 'k', effect: 'NoSchedule'}]}},
    pod: {nodeSelector: {disk: 'ssd'}},
    want: "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s).",
  },
  'node affinity with Gt': {
    nodes: {a: {labels: {n: '3'}}, b: {labels: {n: '5'}}},
    pod: {affinity: {nodeAffinity: required({nodeSelectorTerms: [{matchExpressions: [{key: 'n', operator: 'Gt', values: ['4']}]}]})}},
    want: 'b',
  },
  'affinity that names a node refuses the others by the name of the plugin': {
    nodes: {a: {}, b: {}, c: {}},
    pod: {
      cpu: '9',
      affinity: {nodeAffinity: required({nodeSelectorTerms: [{matchFields: [{key: 'metadata.name', operator: 'In', values: ['b']}]}]})},
    },
    want: "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].",
  },
  'a host port that is taken': {
    nodes: {a: {}},
    placed: {p: {nodeName: 'a', containers: [{name: 'c', ports: [{containerPort: 80, hostPort: 80, hostIP: '10.0.0.1'}]}]}},
    pod: {containers: [{name: 'c', ports: [{containerPort: 8080, hostPort: 80}]}]},
    want: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  },
  'next to another pod': {
    nodes: {a: {}, b: {}},
    placed: {p: {nodeName: 'b', labels: {app: 'x'}}},
    pod: {affinity: {podAffinity: required(near('x'))}},
    want: 'b',
  },
  'no pod to be near': {
    nodes: {a: {}},
    pod: {affinity: {podAffinity: required(near('x'))}},
    want: "0/1 nodes are available: 1 node(s) didn't match pod affinity rules.",
  },
  'the first of a group that wants itself': {
    nodes: {a: {}},
    pod: {labels: {app: 'x'}, affinity: {podAffinity: required(near('x'))}},
    want: 'a',
  },
  'affinity sees only its own namespace': {
    nodes: {a: {}},
    placed: {p: {nodeName: 'a', labels: {app: 'x'}, namespace: 'other'}},
    pod: {affinity: {podAffinity: required(near('x'))}},
    want: "0/1 nodes are available: 1 node(s) didn't match pod affinity rules.",
  },
  'affinity by namespace selector': {
    nodes: {a: {}},
    placed: {p: {nodeName: 'a', labels: {app: 'x'}, namespace: 'other'}},
    objects: {namespaces: {other: {team: 't'}}},
    pod: {affinity: {podAffinity: required([{...near('x')[0]!, namespaceSelector: {matchLabels: {team: 't'}}}])}},
    want: 'a',
  },
  'not beside another pod': {
    nodes: {a: {}},
    placed: {p: {nodeName: 'a', labels: {app: 'x'}}},
    pod: {affinity: {podAntiAffinity: required(near('x'))}},
    want: "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.",
  },
  'a pod there does not want this one': {
    nodes: {a: {}},
    placed: {p: {nodeName: 'a', affinity: {podAntiAffinity: required(near('x'))}}},
    pod: {labels: {app: 'x'}},
    want: "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.",
  },
  'spread over zones': {
    nodes: {a: {labels: {[ZONE]: '1'}}, b: {labels: {[ZONE]: '2'}}},
    placed: {p: {nodeName: 'a', labels: {app: 'x'}}},
    pod: {
      labels: {app: 'x'},
      topologySpreadConstraints: [
        {maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: 'DoNotSchedule', labelSelector: {matchLabels: {app: 'x'}}},
      ],
    },
    want: 'b',
  },
  'a zone that selectors exclude does not count': {
    nodes: {a: {labels: {[ZONE]: '1', disk: 'ssd'}}, b: {labels: {[ZONE]: '2'}}},
    placed: {p: {nodeName: 'a', labels: {app: 'x'}}},
    pod: {
      labels: {app: 'x'},
      nodeSelector: {disk: 'ssd'},
      topologySpreadConstraints: [
        {maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: 'DoNotSchedule', labelSelector: {matchLabels: {app: 'x'}}},
      ],
    },
    want: 'a',
  },
  'a node without the topology': {
    nodes: {a: {}},
    pod: {topologySpreadConstraints: [{maxSkew: 1, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule'}]},
    want: "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label).",
  },
  'a claim that does not exist': {
    nodes: {a: {}},
    pod: withClaim,
    want: '0/1 nodes are available: persistentvolumeclaim "c" not found.',
  },
  'a claim that is not bound': {
    nodes: {a: {}},
    objects: {claims: [claim('c', {storageClassName: 's'})]},
    pod: withClaim,
    want: '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
  },
  'a volume that is elsewhere': {
    nodes: {a: {labels: {disk: 'hdd'}}},
    objects: {
      claims: [claim('c', {volumeName: 'v'}, bound)],
      volumes: [
        {
          metadata: {name: 'v'},
          spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: 'disk', operator: 'In', values: ['ssd']}]}]}}},
        } as never,
      ],
    },
    pod: withClaim,
    want: "0/1 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity.",
  },
  'a claim that waits for its pod, and no volume for it': {
    nodes: {a: {}},
    objects: {
      claims: [claim('c', {storageClassName: 's'})],
      classes: [{metadata: {name: 's'}, provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer'}],
    },
    pod: withClaim,
    want: "0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind.",
  },
  'a volume of another zone': {
    nodes: {a: {labels: {[ZONE]: '1'}}, b: {labels: {[ZONE]: '2'}}},
    objects: {
      claims: [claim('c', {volumeName: 'v'}, bound)],
      volumes: [{metadata: {name: 'v', labels: {[ZONE]: '2__3'}}, spec: {}} as never],
    },
    pod: withClaim,
    want: 'b',
  },
  'a claim for one pod alone that has its pod': {
    nodes: {a: {}},
    placed: {p: {nodeName: 'a', ...withClaim}},
    objects: {
      claims: [claim('c', {volumeName: 'v', accessModes: ['ReadWriteOncePod']}, bound)],
      volumes: [{metadata: {name: 'v'}, spec: {}} as never],
    },
    pod: withClaim,
    want: '0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode.',
  },
};

describe('scheduler filters', () => {
  for (const [what, {nodes, placed = {}, pod: options, objects, want}] of Object.entries(CASES)) {
    it(what, () => {
      const cluster = clusterOf(
        Object.entries(nodes).map(([name, given]) => node(name, given)),
        Object.entries(placed).map(([name, given]) => pod(name, given)),
        objects,
      );
      assert.equal(place(pod('incoming', options), cluster), want);
    });
  }
});
