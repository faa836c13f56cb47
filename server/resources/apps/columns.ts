import type {ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet} from '../../api/kinds.generated.ts';
import {formatLabelSelector} from '../../api/selectors.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, column, containerImages, containerNames, formatLabels, NAME, NONE} from '../printing.ts';

export const columns: ColumnsByKind = {
  ControllerRevision: [
    NAME,
    column<ControllerRevision>('Controller', printController),
    column<ControllerRevision>('Revision', ({revision}) => revision ?? 0, 'ControllerRevision.revision'),
    AGE,
  ],
  DaemonSet: [
    NAME,
    column<DaemonSet>('Desired', ({status}) => status?.desiredNumberScheduled ?? 0, 'DaemonSetStatus.desiredNumberScheduled'),
    column<DaemonSet>('Current', ({status}) => status?.currentNumberScheduled ?? 0, 'DaemonSetStatus.currentNumberScheduled'),
    column<DaemonSet>('Ready', ({status}) => status?.numberReady ?? 0, 'DaemonSetStatus.numberReady'),
    column<DaemonSet>('Up-to-date', ({status}) => status?.updatedNumberScheduled ?? 0, 'DaemonSetStatus.updatedNumberScheduled'),
    column<DaemonSet>('Available', ({status}) => status?.numberAvailable ?? 0, 'DaemonSetStatus.numberAvailable'),
    column<DaemonSet>('Node Selector', ({spec}) => formatLabels(spec?.template?.spec?.nodeSelector), 'core.PodSpec.nodeSelector'),
    AGE,
    column<DaemonSet>('Containers', ({spec}) => containerNames(spec?.template?.spec?.containers)),
    column<DaemonSet>('Images', ({spec}) => containerImages(spec?.template?.spec?.containers)),
    column<DaemonSet>('Selector', ({spec}) => formatLabelSelector(spec?.selector), 'DaemonSetSpec.selector'),
  ],
  Deployment: [
    NAME,
    column<Deployment>('Ready', ({spec, status}) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    column<Deployment>('Up-to-date', ({status}) => status?.updatedReplicas ?? 0, 'DeploymentStatus.updatedReplicas'),
    column<Deployment>('Available', ({status}) => status?.availableReplicas ?? 0, 'DeploymentStatus.availableReplicas'),
    AGE,
    column<Deployment>('Containers', ({spec}) => containerNames(spec?.template?.spec?.containers)),
    column<Deployment>('Images', ({spec}) => containerImages(spec?.template?.spec?.containers)),
    column<Deployment>('Selector', ({spec}) => formatLabelSelector(spec?.selector), 'DeploymentSpec.selector'),
  ],
  ReplicaSet: [
    NAME,
    column<ReplicaSet>('Desired', ({spec}) => spec?.replicas ?? 0, 'ReplicaSetSpec.replicas'),
    column<ReplicaSet>('Current', ({status}) => status?.replicas ?? 0, 'ReplicaSetStatus.replicas'),
    column<ReplicaSet>('Ready', ({status}) => status?.readyReplicas ?? 0, 'ReplicaSetStatus.readyReplicas'),
    AGE,
    column<ReplicaSet>('Containers', ({spec}) => containerNames(spec?.template?.spec?.containers)),
    column<ReplicaSet>('Images', ({spec}) => containerImages(spec?.template?.spec?.containers)),
    column<ReplicaSet>('Selector', ({spec}) => formatLabelSelector(spec?.selector), 'ReplicaSetSpec.selector'),
  ],
  StatefulSet: [
    NAME,
    column<StatefulSet>('Ready', ({spec, status}) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    AGE,
    column<StatefulSet>('Containers', ({spec}) => containerNames(spec?.template?.spec?.containers)),
    column<StatefulSet>('Images', ({spec}) => containerImages(spec?.template?.spec?.containers)),
  ],
};

/** `statefulset.apps/db` */
function printController({metadata}: Partial<ControllerRevision>): string {
  const owner = metadata?.ownerReferences?.find(({controller}) => controller);
  if (!owner) return NONE;
  const slash = owner.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : `.${owner.apiVersion.slice(0, slash)}`;
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}
