import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {alwaysPullImages} from './always-pull-images.ts';
import {certificateApproval, certificateSigning, certificateSubjectRestriction} from './certificates.ts';
import {defaultIngressClass} from './default-ingress-class.ts';
import {defaultStorageClass} from './default-storage-class.ts';
import {defaultTolerationSeconds} from './default-toleration-seconds.ts';
import {denyServiceExternalIPs} from './deny-service-external-ips.ts';
import {limitRanger} from './limit-ranger.ts';
import {namespaceAutoProvision, namespaceExists} from './namespace-existence.ts';
import {namespaceLifecycle} from './namespace-lifecycle.ts';
import {nodeRestriction} from './node-restriction.ts';
import {ownerReferencesPermissionEnforcement} from './owner-references-permission-enforcement.ts';
import {persistentVolumeClaimResize} from './persistent-volume-claim-resize.ts';
import {extendedResourceToleration, limitPodHardAntiAffinityTopology, podNodeSelector} from './pod-placement.ts';
import type {PodSecurityConfig} from './pod-security.ts';
import {createPodSecurity} from './pod-security.ts';
import {podTolerationRestriction} from './pod-toleration-restriction.ts';
import {podTopologyLabels} from './pod-topology-labels.ts';
import {createValidatingPolicies} from './policies.ts';
import {createMutatingPolicies} from './policies-mutating.ts';
import {priority} from './priority.ts';
import {createResourceQuota} from './resource-quota.ts';
import type {Round} from './rounds.ts';
import {createRounds} from './rounds.ts';
import {runtimeClass} from './runtime-class.ts';
import {serviceAccount} from './service-account.ts';
import {storageObjectInUseProtection} from './storage-object-in-use-protection.ts';
import {taintNodesByCondition} from './taint-nodes-by-condition.ts';
import {alwaysAdmit, alwaysDeny} from './unconditional.ts';
import {createMutatingWebhooks, createValidatingWebhooks} from './webhooks.ts';

/** All plugins as one: first every `admit` in order, twice if hooks from outside changed the object; later every `validate`. */
export interface AdmissionChain {
  admit(request: AdmissionRequest): Promise<void>;
  validate(request: AdmissionRequest): Promise<void>;
}

/** Which plugins run beside the default ones, and which of these do not. */
export interface AdmissionChoice {
  readonly enable?: readonly string[];
  readonly disable?: readonly string[];
  readonly podSecurity?: PodSecurityConfig;
}

/** In the real order (pkg/kubeapiserver/options/plugins.go, AllOrderedPlugins), as far as they are built. */
const orderedPlugins = (config?: PodSecurityConfig): readonly AdmissionPlugin[] => [
  alwaysAdmit,
  namespaceAutoProvision,
  namespaceLifecycle,
  namespaceExists,
  limitPodHardAntiAffinityTopology,
  limitRanger,
  serviceAccount,
  nodeRestriction,
  taintNodesByCondition,
  alwaysPullImages,
  createPodSecurity(config),
  podNodeSelector,
  priority,
  defaultTolerationSeconds,
  podTolerationRestriction,
  extendedResourceToleration,
  defaultStorageClass,
  storageObjectInUseProtection,
  ownerReferencesPermissionEnforcement,
  persistentVolumeClaimResize,
  runtimeClass,
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  defaultIngressClass,
  denyServiceExternalIPs,
  podTopologyLabels,
  createMutatingPolicies(),
  createMutatingWebhooks(),
  createValidatingPolicies(),
  createValidatingWebhooks(),
  createResourceQuota(),
  alwaysDeny,
];

/** Plugins that run only when they are asked for. */
const OFF_BY_DEFAULT: ReadonlySet<string> = new Set(
  [
    alwaysAdmit,
    alwaysDeny,
    alwaysPullImages,
    denyServiceExternalIPs,
    extendedResourceToleration,
    limitPodHardAntiAffinityTopology,
    namespaceAutoProvision,
    namespaceExists,
    nodeRestriction,
    ownerReferencesPermissionEnforcement,
    podNodeSelector,
    podTolerationRestriction,
  ].map(({name}) => name),
);

/** The real server has them, off by default; they need configuration that cannot be given here. */
export const UNBUILT_PLUGINS: readonly string[] = ['EventRateLimit', 'ImagePolicyWebhook'];

/** On by default in the real server, for resources that it does not serve by default. */
const WITHOUT_RESOURCES = ['ClusterTrustBundleAttest'];

/** The names that may be enabled or disabled. */
export const admissionPluginNames = (): string[] => [...orderedPlugins().map(({name}) => name), ...WITHOUT_RESOURCES];

/** The chain of the default plugins, or those chosen, over one server's objects; `guards` come last and cannot be left out. */
export function createAdmissionChain(
  lookup: AdmissionLookup,
  {enable = [], disable = [], podSecurity}: AdmissionChoice = {},
  guards: readonly AdmissionPlugin[] = [],
): AdmissionChain {
  const chosen = ({name}: AdmissionPlugin) => enable.includes(name) || !(OFF_BY_DEFAULT.has(name) || disable.includes(name));
  return chainOf([...orderedPlugins(podSecurity).filter(chosen), ...guards], lookup);
}

/** Plugins in their order. */
export function chainOf(plugins: readonly AdmissionPlugin[], lookup: AdmissionLookup): AdmissionChain {
  const admitOnce = async (request: AdmissionRequest, round: Round): Promise<void> => {
    for (const plugin of plugins) {
      if (plugin.admit && plugin.handles(request)) {
        const done = plugin.admit(request, lookup, round);
        if (done) await done;
      }
    }
  };
  return {
    async admit(request) {
      const rounds = createRounds();
      await admitOnce(request, rounds.first);
      const second = rounds.second();
      if (second) await admitOnce(request, second);
    },
    async validate(request) {
      for (const plugin of plugins) {
        if (plugin.validate && plugin.handles(request)) {
          const done = plugin.validate(request, lookup);
          if (done) await done;
        }
      }
    },
  };
}
