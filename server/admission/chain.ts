import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {defaultIngressClass} from './default-ingress-class.ts';
import {defaultStorageClass} from './default-storage-class.ts';
import {defaultTolerationSeconds} from './default-toleration-seconds.ts';
import {limitRanger} from './limit-ranger.ts';
import {namespaceLifecycle} from './namespace-lifecycle.ts';
import {persistentVolumeClaimResize} from './persistent-volume-claim-resize.ts';
import {podSecurity} from './pod-security.ts';
import {podTopologyLabels} from './pod-topology-labels.ts';
import {priority} from './priority.ts';
import {runtimeClass} from './runtime-class.ts';
import {serviceAccount} from './service-account.ts';
import {storageObjectInUseProtection} from './storage-object-in-use-protection.ts';
import {taintNodesByCondition} from './taint-nodes-by-condition.ts';

/** All plugins as one: first every `admit` in order, later every `validate`. */
export interface AdmissionChain {
  admit(request: AdmissionRequest): Promise<void>;
  validate(request: AdmissionRequest): Promise<void>;
}

/** In the real order (pkg/kubeapiserver/options/plugins.go, AllOrderedPlugins), as far as they are built. */
const PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  taintNodesByCondition,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageObjectInUseProtection,
  persistentVolumeClaimResize,
  runtimeClass,
  defaultIngressClass,
  podTopologyLabels,
];

/** The chain of the default plugins over one server's objects. */
export function createAdmissionChain(lookup: AdmissionLookup): AdmissionChain {
  return {
    async admit(request) {
      for (const plugin of PLUGINS) {
        if (plugin.admit && plugin.handles(request)) {
          const done = plugin.admit(request, lookup);
          if (done) await done;
        }
      }
    },
    async validate(request) {
      for (const plugin of PLUGINS) {
        if (plugin.validate && plugin.handles(request)) {
          const done = plugin.validate(request, lookup);
          if (done) await done;
        }
      }
    },
  };
}
