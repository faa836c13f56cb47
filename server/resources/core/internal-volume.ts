import type {InternalShape} from '../internal.ts';
import {listOf, pointer, struct} from '../internal.ts';

const SECRET = pointer(struct({name: '', namespace: ''}));
/** An ObjectReference as messages show it. */
export const OBJECT_REFERENCE: InternalShape = struct({
  kind: '',
  namespace: '',
  name: '',
  uid: '',
  apiVersion: '',
  resourceVersion: '',
  fieldPath: '',
});
const REFERENCE = pointer(OBJECT_REFERENCE);
export const REQUIREMENTS: InternalShape = listOf(struct({key: '', operator: '', values: null}));

/** A selector of nodes as messages show it, and one of its terms. */
export const NODE_TERM: InternalShape = struct({matchExpressions: REQUIREMENTS, matchFields: REQUIREMENTS});
export const NODE_SELECTOR: InternalShape = pointer(struct({nodeSelectorTerms: listOf(NODE_TERM)}));

type SharedSources = Record<
  | 'gcePersistentDisk'
  | 'awsElasticBlockStore'
  | 'hostPath'
  | 'nfs'
  | 'rbd'
  | 'quobyte'
  | 'iscsi'
  | 'flexVolume'
  | 'cinder'
  | 'cephfs'
  | 'fc'
  | 'flocker'
  | 'vsphereVolume'
  | 'azureDisk'
  | 'photonPersistentDisk'
  | 'portworxVolume'
  | 'scaleIO',
  InternalShape
>;

/** Sources that pods and PersistentVolumes have alike, but for how they refer to a Secret. */
export const sharedSources = (secretRef: InternalShape): SharedSources => ({
  gcePersistentDisk: pointer(struct({pdName: '', fsType: '', partition: 0, readOnly: false})),
  awsElasticBlockStore: pointer(struct({volumeID: '', fsType: '', partition: 0, readOnly: false})),
  hostPath: pointer(struct({path: '', type: null})),
  nfs: pointer(struct({server: '', path: '', readOnly: false})),
  rbd: pointer(
    struct({
      'monitors:CephMonitors': null,
      'image:RBDImage': '',
      fsType: '',
      'pool:RBDPool': '',
      'user:RadosUser': '',
      keyring: '',
      secretRef,
      readOnly: false,
    }),
  ),
  quobyte: pointer(struct({registry: '', volume: '', readOnly: false, user: '', group: '', tenant: ''})),
  iscsi: pointer(
    struct({
      targetPortal: '',
      'iqn:IQN': '',
      lun: 0,
      'iscsiInterface:ISCSIInterface': '',
      fsType: '',
      readOnly: false,
      portals: null,
      'chapAuthDiscovery:DiscoveryCHAPAuth': false,
      'chapAuthSession:SessionCHAPAuth': false,
      secretRef,
      initiatorName: null,
    }),
  ),
  flexVolume: pointer(struct({driver: '', fsType: '', secretRef, readOnly: false, options: null})),
  cinder: pointer(struct({volumeID: '', fsType: '', readOnly: false, secretRef})),
  cephfs: pointer(struct({monitors: null, path: '', user: '', secretFile: '', secretRef, readOnly: false})),
  fc: pointer(struct({targetWWNs: null, lun: null, fsType: '', readOnly: false, 'wwids:WWIDs': null})),
  flocker: pointer(struct({datasetName: '', datasetUUID: ''})),
  vsphereVolume: pointer(struct({volumePath: '', fsType: '', storagePolicyName: '', storagePolicyID: ''})),
  azureDisk: pointer(struct({diskName: '', 'diskURI:DataDiskURI': '', cachingMode: null, fsType: null, readOnly: null, kind: null})),
  photonPersistentDisk: pointer(struct({'pdID:PdID': '', fsType: ''})),
  portworxVolume: pointer(struct({volumeID: '', fsType: '', readOnly: false})),
  scaleIO: pointer(
    struct({
      gateway: '',
      system: '',
      secretRef,
      'sslEnabled:SSLEnabled': false,
      protectionDomain: '',
      storagePool: '',
      storageMode: '',
      volumeName: '',
      fsType: '',
      readOnly: false,
    }),
  ),
});

export const storageOS = (secretRef: InternalShape): InternalShape =>
  pointer(struct({volumeName: '', volumeNamespace: '', fsType: '', readOnly: false, secretRef}));

const OF_VOLUMES = sharedSources(SECRET);

const VOLUME_SOURCES = {
  gcePersistentDisk: OF_VOLUMES.gcePersistentDisk,
  awsElasticBlockStore: OF_VOLUMES.awsElasticBlockStore,
  hostPath: OF_VOLUMES.hostPath,
  glusterfs: pointer(struct({'endpoints:EndpointsName': '', path: '', readOnly: false, endpointsNamespace: null})),
  nfs: OF_VOLUMES.nfs,
  rbd: OF_VOLUMES.rbd,
  quobyte: OF_VOLUMES.quobyte,
  iscsi: OF_VOLUMES.iscsi,
  flexVolume: OF_VOLUMES.flexVolume,
  cinder: OF_VOLUMES.cinder,
  'cephfs:CephFS': OF_VOLUMES.cephfs,
  fc: OF_VOLUMES.fc,
  flocker: OF_VOLUMES.flocker,
  azureFile: pointer(struct({secretName: '', shareName: '', readOnly: false, secretNamespace: null})),
  vsphereVolume: OF_VOLUMES.vsphereVolume,
  azureDisk: OF_VOLUMES.azureDisk,
  photonPersistentDisk: OF_VOLUMES.photonPersistentDisk,
  portworxVolume: OF_VOLUMES.portworxVolume,
  scaleIO: OF_VOLUMES.scaleIO,
  local: pointer(struct({path: '', fsType: null})),
  'storageos:StorageOS': storageOS(REFERENCE),
  csi: pointer(
    struct({
      driver: '',
      volumeHandle: '',
      readOnly: false,
      fsType: '',
      volumeAttributes: null,
      controllerPublishSecretRef: SECRET,
      nodeStageSecretRef: SECRET,
      nodePublishSecretRef: SECRET,
      controllerExpandSecretRef: SECRET,
      nodeExpandSecretRef: SECRET,
    }),
  ),
};

/** What nodes a PersistentVolume is for, as messages show it. */
export const VOLUME_AFFINITY: InternalShape = pointer(struct({required: NODE_SELECTOR}));

/** The source of a PersistentVolume as messages show it. */
export const VOLUME_SOURCE: InternalShape = struct(VOLUME_SOURCES);

/** The spec of a PersistentVolume as messages show it. */
export const VOLUME_SPEC: InternalShape = struct({
  capacity: null,
  ...VOLUME_SOURCES,
  accessModes: null,
  claimRef: REFERENCE,
  persistentVolumeReclaimPolicy: '',
  storageClassName: '',
  mountOptions: null,
  volumeMode: null,
  nodeAffinity: VOLUME_AFFINITY,
  volumeAttributesClassName: null,
});

/** The spec of a PersistentVolumeClaim as messages show it. */
export const CLAIM_SPEC: InternalShape = struct({
  accessModes: null,
  selector: null,
  resources: struct({limits: null, requests: null}),
  volumeName: '',
  storageClassName: null,
  volumeMode: null,
  dataSource: pointer(struct({'apiGroup:APIGroup': null, kind: '', name: ''})),
  dataSourceRef: pointer(struct({'apiGroup:APIGroup': null, kind: '', name: '', namespace: null})),
  volumeAttributesClassName: null,
});
