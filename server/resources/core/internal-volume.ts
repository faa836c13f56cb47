import type {InternalShape} from '../internal.ts';
import {listOf, pointer, struct} from '../internal.ts';

const SECRET = pointer(struct({name: '', namespace: ''}));
const REFERENCE = pointer(struct({kind: '', namespace: '', name: '', uid: '', apiVersion: '', resourceVersion: '', fieldPath: ''}));
export const REQUIREMENTS: InternalShape = listOf(struct({key: '', operator: '', values: null}));

/** A selector of nodes as messages show it. */
export const NODE_SELECTOR: InternalShape = pointer(
  struct({nodeSelectorTerms: listOf(struct({matchExpressions: REQUIREMENTS, matchFields: REQUIREMENTS}))}),
);

/** The spec of a PersistentVolume as messages show it. */
export const VOLUME_SPEC: InternalShape = struct({
  capacity: null,
  gcePersistentDisk: pointer(struct({pdName: '', fsType: '', partition: 0, readOnly: false})),
  awsElasticBlockStore: pointer(struct({volumeID: '', fsType: '', partition: 0, readOnly: false})),
  hostPath: pointer(struct({path: '', type: null})),
  glusterfs: pointer(struct({'endpoints:EndpointsName': '', path: '', readOnly: false, endpointsNamespace: null})),
  nfs: pointer(struct({server: '', path: '', readOnly: false})),
  rbd: pointer(
    struct({
      'monitors:CephMonitors': null,
      'image:RBDImage': '',
      fsType: '',
      'pool:RBDPool': '',
      'user:RadosUser': '',
      keyring: '',
      secretRef: SECRET,
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
      'portals:Portals': null,
      'chapAuthDiscovery:DiscoveryCHAPAuth': false,
      'chapAuthSession:SessionCHAPAuth': false,
      secretRef: SECRET,
      initiatorName: null,
    }),
  ),
  flexVolume: pointer(struct({driver: '', fsType: '', secretRef: SECRET, readOnly: false, options: null})),
  cinder: pointer(struct({volumeID: '', fsType: '', readOnly: false, secretRef: SECRET})),
  'cephfs:CephFS': pointer(struct({monitors: null, path: '', user: '', secretFile: '', secretRef: SECRET, readOnly: false})),
  fc: pointer(struct({targetWWNs: null, lun: null, fsType: '', readOnly: false, 'wwids:WWIDs': null})),
  flocker: pointer(struct({datasetName: '', 'datasetUUID:DatasetUUID': ''})),
  azureFile: pointer(struct({secretName: '', shareName: '', readOnly: false, secretNamespace: null})),
  vsphereVolume: pointer(struct({volumePath: '', fsType: '', storagePolicyName: '', storagePolicyID: ''})),
  azureDisk: pointer(struct({diskName: '', 'diskURI:DataDiskURI': '', cachingMode: null, fsType: null, readOnly: null, kind: null})),
  photonPersistentDisk: pointer(struct({'pdID:PdID': '', fsType: ''})),
  portworxVolume: pointer(struct({volumeID: '', fsType: '', readOnly: false})),
  scaleIO: pointer(
    struct({
      gateway: '',
      system: '',
      secretRef: SECRET,
      'sslEnabled:SSLEnabled': false,
      protectionDomain: '',
      storagePool: '',
      storageMode: '',
      volumeName: '',
      fsType: '',
      readOnly: false,
    }),
  ),
  local: pointer(struct({path: '', fsType: null})),
  'storageos:StorageOS': pointer(struct({volumeName: '', volumeNamespace: '', fsType: '', readOnly: false, secretRef: REFERENCE})),
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
  accessModes: null,
  claimRef: REFERENCE,
  persistentVolumeReclaimPolicy: '',
  storageClassName: '',
  mountOptions: null,
  volumeMode: null,
  nodeAffinity: pointer(struct({required: NODE_SELECTOR})),
  volumeAttributesClassName: null,
});
