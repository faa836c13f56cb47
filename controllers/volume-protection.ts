import type {ResourceType} from '../server/api/client.ts';
import type {Pod} from '../server/api/kinds.generated.ts';
import type {ObjectMeta} from '../server/api/object.ts';
import {
  volumeAttributesClasses as attributesClassType,
  persistentVolumeClaims as claimType,
  pods as podType,
  persistentVolumes as volumeType,
} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import type {Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import type {Informer} from './runtime/informer.ts';
import {keyOf, objectKey} from './runtime/informer.ts';

const CLAIM_INDEX = 'claims';

/** Keeps claims that pods on nodes use (pkg/controller/volume/pvcprotection). */
export const claimProtectionController: ControllerDefinition = {
  name: 'persistentvolumeclaim-protection-controller',
  alias: 'pvc-protection',
  serviceAccount: 'pvc-protection-controller',
  start(context) {
    const pods = context.informer(podType);
    pods.addIndex(CLAIM_INDEX, claimsOfPod);
    const isUsed = (key: string) => pods.by(CLAIM_INDEX, key).some(({spec}) => Boolean(spec?.nodeName));
    return protect(
      context,
      claimType,
      'kubernetes.io/pvc-protection',
      claim => isUsed(keyOf(claim)),
      enqueue => {
        const changed = (pod: Pod) => claimsOfPod(pod).forEach(enqueue);
        pods.addHandler({
          updated(pod, old) {
            if (isShutDown(pod) && !isShutDown(old)) changed(old);
          },
          deleted: changed,
        });
      },
    );
  },
};

/** Keeps volumes that are bound (pkg/controller/volume/pvprotection). */
export const volumeProtectionController: ControllerDefinition = {
  name: 'persistentvolume-protection-controller',
  alias: 'pv-protection',
  serviceAccount: 'pv-protection-controller',
  start: context => protect(context, volumeType, 'kubernetes.io/pv-protection', ({status}) => status?.phase === 'Bound'),
};

/** Keeps VolumeAttributesClasses that claims or volumes name (pkg/controller/volume/vacprotection). */
export const attributesClassProtectionController: ControllerDefinition = {
  name: 'volumeattributesclass-protection-controller',
  start(context) {
    const claims = context.informer(claimType);
    const volumes = context.informer(volumeType);
    const names = (object: {spec?: {volumeAttributesClassName?: string}}) => object.spec?.volumeAttributesClassName;
    const isUsed = (name: string) => [...claims.list(), ...volumes.list()].some(object => names(object) === name);
    return protect(
      context,
      attributesClassType,
      'kubernetes.io/vac-protection',
      ({metadata}) => isUsed(metadata.name!),
      enqueue => {
        const gone = (object: {spec?: {volumeAttributesClassName?: string}}) => void (names(object) && enqueue(names(object)!));
        const changed = (_object: unknown, old: {spec?: {volumeAttributesClassName?: string}}) => gone(old);
        claims.addHandler({updated: changed, deleted: gone});
        volumes.addHandler({updated: changed, deleted: gone});
      },
    );
  },
};

/** Its kubelet is done with it; something else holds it, which may be its own claims. */
const isShutDown = ({metadata}: Pod): boolean => metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;

/** The claims that a pod's volumes name, its own ephemeral ones included as long as it is not shut down. */
function claimsOfPod(pod: Pod): string[] {
  const {metadata, spec} = pod;
  const names = (spec?.volumes ?? []).flatMap(({name, persistentVolumeClaim, ephemeral}) =>
    persistentVolumeClaim ? [persistentVolumeClaim.claimName] : ephemeral && !isShutDown(pod) ? [`${metadata.name}-${name}`] : [],
  );
  return names.map(name => objectKey(metadata.namespace, name));
}

/** Sees to the finalizer: there while the object lives, gone when it is being deleted and not in use. */
function protect<T extends {metadata: ObjectMeta}>(
  context: ControllerContext,
  type: ResourceType<T>,
  finalizer: string,
  isUsed: (object: T) => boolean,
  watch: (enqueue: (key: string) => void) => void = () => {},
): Running[] {
  const objects: Informer<T> = context.informer(type);
  const queue = context.queue();
  objects.addHandler({added: object => queue.add(keyOf(object)), updated: object => queue.add(keyOf(object))});
  watch(key => queue.add(key));
  const reconcile = async (key: string) => {
    const object = objects.get(key);
    if (!object) return;
    const {finalizers = [], deletionTimestamp} = object.metadata;
    const isHeld = finalizers.includes(finalizer);
    if (deletionTimestamp ? !isHeld || isUsed(object) : isHeld) return;
    const wanted = deletionTimestamp ? finalizers.filter(other => other !== finalizer) : [...finalizers, finalizer];
    await context.client.update(type, {...object, metadata: {...object.metadata, finalizers: wanted}}).catch(error => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  };
  return [context.run(queue, reconcile)];
}
