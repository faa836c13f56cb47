import {admissionPolicyStatusController} from './admission-policy-status.ts';
import {attachDetachController} from './attach-detach.ts';
import {horizontalPodAutoscalerController} from './autoscaling.ts';
import {bootstrapSignerController, tokenCleanerController} from './bootstrap-tokens.ts';
import {certificateApprovingController, certificateCleanerController, certificateSigningController} from './certificates.ts';
import {clusterRoleAggregationController} from './clusterrole-aggregation.ts';
import {cronJobController} from './cronjob.ts';
import {daemonSetController} from './daemonset.ts';
import {deploymentController} from './deployment.ts';
import {deviceTaintEvictionController} from './device-taint-eviction.ts';
import {disruptionController} from './disruption.ts';
import {endpointsController} from './endpoints.ts';
import {endpointSliceController} from './endpointslice.ts';
import {endpointSliceMirroringController} from './endpointslice-mirroring.ts';
import {ephemeralVolumeController} from './ephemeral-volume.ts';
import {garbageCollectorController} from './garbage-collector.ts';
import {jobController} from './job.ts';
import {legacyTokenCleanerController} from './legacy-token-cleaner.ts';
import {namespaceController} from './namespace.ts';
import {nodeIPAMController} from './node-ipam.ts';
import {nodeLifecycleController} from './node-lifecycle.ts';
import {nodeTTLController} from './node-ttl.ts';
import {persistentVolumeBinderController} from './persistentvolume.ts';
import {volumeExpanderController} from './persistentvolume-expander.ts';
import {podGCController} from './podgc.ts';
import {replicaSetController} from './replicaset.ts';
import {replicationControllerController} from './replicationcontroller.ts';
import {resourceClaimController} from './resource-claims.ts';
import {resourceQuotaController} from './resourcequota.ts';
import {rootCAPublisher} from './root-ca-publisher.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {serviceCIDRController} from './service-cidr.ts';
import {serviceLoadBalancerController} from './service-lb.ts';
import {serviceAccountController} from './serviceaccount.ts';
import {serviceAccountTokenController} from './serviceaccount-tokens.ts';
import {statefulSetController} from './statefulset.ts';
import {taintEvictionController} from './taint-eviction.ts';
import {ttlAfterFinishedController} from './ttl-after-finished.ts';
import {attributesClassProtectionController, claimProtectionController, volumeProtectionController} from './volume-protection.ts';

/** Every controller of kube-controller-manager, in its order of start. */
export const controllers: readonly ControllerDefinition[] = [
  serviceAccountTokenController,
  endpointsController,
  endpointSliceController,
  endpointSliceMirroringController,
  replicationControllerController,
  podGCController,
  resourceQuotaController,
  namespaceController,
  serviceAccountController,
  garbageCollectorController,
  daemonSetController,
  jobController,
  deploymentController,
  replicaSetController,
  horizontalPodAutoscalerController,
  disruptionController,
  statefulSetController,
  cronJobController,
  certificateSigningController,
  certificateApprovingController,
  certificateCleanerController,
  nodeTTLController,
  nodeIPAMController,
  nodeLifecycleController,
  taintEvictionController,
  persistentVolumeBinderController,
  clusterRoleAggregationController,
  claimProtectionController,
  volumeProtectionController,
  attributesClassProtectionController,
  attachDetachController,
  volumeExpanderController,
  ephemeralVolumeController,
  resourceClaimController,
  deviceTaintEvictionController,
  legacyTokenCleanerController,
  admissionPolicyStatusController,
  serviceCIDRController,
  serviceLoadBalancerController,
  bootstrapSignerController,
  tokenCleanerController,
  ttlAfterFinishedController,
  rootCAPublisher,
];
