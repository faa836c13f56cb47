import type {InternalShape} from '../internal.ts';
import {listOf, pointer, struct, template} from '../internal.ts';
import {CLAIM_SPEC, sharedSources, storageOS} from './internal-volume.ts';

export const FIELD_REF: InternalShape = pointer(struct({apiVersion: '', fieldPath: ''}));
export const RESOURCE_REF: InternalShape = pointer(struct({containerName: '', resource: '', divisor: '0'}));
const ITEMS = listOf(struct({key: '', path: '', mode: null}));
const DOWNWARD_ITEMS = listOf(struct({path: '', fieldRef: FIELD_REF, resourceFieldRef: RESOURCE_REF, mode: null}));
const PROJECTED = pointer(struct({name: '', items: ITEMS, optional: null}));
const LOCAL_SECRET = pointer(struct({name: ''}));
const OF_PODS = sharedSources(LOCAL_SECRET);

/** A volume of a pod as messages show it. */
export const POD_VOLUME: InternalShape = struct({
  name: '',
  hostPath: OF_PODS.hostPath,
  emptyDir: pointer(struct({medium: '', sizeLimit: null})),
  gcePersistentDisk: OF_PODS.gcePersistentDisk,
  awsElasticBlockStore: OF_PODS.awsElasticBlockStore,
  gitRepo: pointer(struct({repository: '', revision: '', directory: ''})),
  secret: pointer(struct({secretName: '', items: ITEMS, defaultMode: null, optional: null})),
  nfs: OF_PODS.nfs,
  iscsi: OF_PODS.iscsi,
  glusterfs: pointer(struct({'endpoints:EndpointsName': '', path: '', readOnly: false})),
  persistentVolumeClaim: pointer(struct({claimName: '', readOnly: false})),
  rbd: OF_PODS.rbd,
  quobyte: OF_PODS.quobyte,
  flexVolume: OF_PODS.flexVolume,
  cinder: OF_PODS.cinder,
  'cephfs:CephFS': OF_PODS.cephfs,
  flocker: OF_PODS.flocker,
  downwardAPI: pointer(struct({items: DOWNWARD_ITEMS, defaultMode: null})),
  fc: OF_PODS.fc,
  azureFile: pointer(struct({secretName: '', shareName: '', readOnly: false})),
  configMap: pointer(struct({name: '', items: ITEMS, defaultMode: null, optional: null})),
  vsphereVolume: OF_PODS.vsphereVolume,
  azureDisk: OF_PODS.azureDisk,
  photonPersistentDisk: OF_PODS.photonPersistentDisk,
  projected: pointer(
    struct({
      sources: listOf(
        struct({
          secret: PROJECTED,
          downwardAPI: pointer(struct({items: DOWNWARD_ITEMS})),
          configMap: PROJECTED,
          serviceAccountToken: pointer(struct({audience: '', expirationSeconds: 0, path: ''})),
          clusterTrustBundle: pointer(struct({name: null, signerName: null, labelSelector: null, optional: null, path: ''})),
          podCertificate: pointer(
            struct({
              signerName: '',
              keyType: '',
              maxExpirationSeconds: null,
              credentialBundlePath: '',
              keyPath: '',
              certificateChainPath: '',
              userAnnotations: null,
            }),
          ),
        }),
      ),
      defaultMode: null,
    }),
  ),
  portworxVolume: OF_PODS.portworxVolume,
  scaleIO: OF_PODS.scaleIO,
  'storageos:StorageOS': storageOS(LOCAL_SECRET),
  csi: pointer(struct({driver: '', readOnly: null, fsType: null, volumeAttributes: null, nodePublishSecretRef: LOCAL_SECRET})),
  ephemeral: pointer(struct({volumeClaimTemplate: pointer(template(CLAIM_SPEC))})),
  image: pointer(struct({reference: '', pullPolicy: ''})),
});
