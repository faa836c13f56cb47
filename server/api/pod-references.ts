import type {Container, Pod, Volume} from './kinds.generated.ts';

type Names = (string | undefined)[];

/** The secrets a pod names, in its containers, its volumes and for its images (pkg/api/pod, VisitPodSecretNames). */
export const secretNames = ({spec}: Pod): Names => [
  ...(spec.imagePullSecrets ?? []).map(({name}) => name),
  ...containersOf(spec).flatMap(({env = [], envFrom = []}) => [
    ...env.map(({valueFrom}) => valueFrom?.secretKeyRef?.name),
    ...envFrom.map(({secretRef}) => secretRef?.name),
  ]),
  ...(spec.volumes ?? []).flatMap(secretsOf),
];

export const configMapNames = ({spec}: Pod): Names => [
  ...containersOf(spec).flatMap(({env = [], envFrom = []}) => [
    ...env.map(({valueFrom}) => valueFrom?.configMapKeyRef?.name),
    ...envFrom.map(({configMapRef}) => configMapRef?.name),
  ]),
  ...(spec.volumes ?? []).flatMap(({configMap, projected}) => [
    configMap?.name,
    ...(projected?.sources ?? []).map(source => source.configMap?.name),
  ]),
];

const containersOf = ({containers, initContainers = [], ephemeralContainers = []}: Pod['spec']): Container[] => [
  ...containers,
  ...initContainers,
  ...(ephemeralContainers as unknown as Container[]),
];

const secretsOf = ({secret, projected, csi, azureFile, cephfs, flexVolume, iscsi, rbd, scaleIO, storageos, cinder}: Volume): Names => [
  secret?.secretName,
  ...(projected?.sources ?? []).map(source => source.secret?.name),
  csi?.nodePublishSecretRef?.name,
  azureFile?.secretName,
  ...[cephfs, flexVolume, iscsi, rbd, scaleIO, storageos, cinder].map(volume => volume?.secretRef?.name),
];
