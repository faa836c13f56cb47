import type {ApiClient, ResourceType} from '../../server/api/client.ts';
import type {JsonObject} from '../../server/api/json.ts';
import {formatGroupVersion, type OwnerReference} from '../../server/api/object.ts';
import {isApiError} from '../../server/api/status.ts';
import type {Informer, Named} from '../runtime/informer.ts';

/** The owner that manages the object (metav1.GetControllerOf). */
export const controllerOf = ({metadata}: Named): OwnerReference | undefined =>
  metadata.ownerReferences?.find(reference => reference.controller);

/** A reference by which `owner` manages and blocks (metav1.NewControllerRef). */
export const controllerReference = (type: ResourceType<never>, owner: Named): OwnerReference => ({
  apiVersion: formatGroupVersion(type),
  kind: type.kind,
  name: owner.metadata.name!,
  uid: owner.metadata.uid!,
  controller: true,
  blockOwnerDeletion: true,
});

const CONTROLLER_INDEX = 'controller';
const orphansOf = (namespace: string | undefined) => `orphans/${namespace ?? ''}`;

/** Indexes objects by the uid of their controller, those without by namespace. */
export function indexByController<T extends Named>(informer: Informer<T>): void {
  informer.addIndex(CONTROLLER_INDEX, object => [controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace)]);
}

export const controlledBy = <T extends Named>(informer: Informer<T>, owner: Named): T[] =>
  informer.by(CONTROLLER_INDEX, owner.metadata.uid!);

export const orphansIn = <T extends Named>(informer: Informer<T>, namespace: string | undefined): T[] =>
  informer.by(CONTROLLER_INDEX, orphansOf(namespace));

export interface ClaimOptions<T extends Named, O extends Named> {
  client: ApiClient;
  /** What is claimed; it has the controller index. */
  informer: Informer<T>;
  ownerType: ResourceType<O>;
  owner: O;
  selects(object: T): boolean;
  /** Objects that are left alone, neither claimed nor released. */
  ignores?(object: T): boolean;
  /** Told of every object that was patched. */
  wrote?(object: T): void;
  finalizers?: string[];
}

/**
 * Everything that `owner` manages after adopting orphans that it selects and releasing what it no longer selects
 * (controller.ControllerRefManager).
 */
export async function claim<T extends Named, O extends Named>({
  client,
  informer,
  ownerType,
  owner,
  selects,
  ignores = () => false,
  wrote,
  finalizers,
}: ClaimOptions<T, O>): Promise<T[]> {
  const {namespace, uid, deletionTimestamp} = owner.metadata;
  const patch = async (object: T, metadata: JsonObject): Promise<T> => {
    const key = {namespace, name: object.metadata.name!};
    const body = {metadata: {uid: object.metadata.uid, ...metadata}};
    const patched = await client.patch(informer.type, key, {type: 'strategic', patch: body});
    wrote?.(patched);
    return patched;
  };
  const gone = (error: unknown) => {
    // Deleted meanwhile, or deleted and made anew: not ours any more.
    if (isApiError(error, 'NotFound') || (isApiError(error) && (error.code === 422 || error.code === 409))) return undefined;
    throw error;
  };

  const own: T[] = [];
  for (const object of controlledBy(informer, owner)) {
    if (ignores(object)) continue;
    if (selects(object)) own.push(object);
    else if (!deletionTimestamp) await patch(object, {ownerReferences: [{$patch: 'delete', uid: uid!}]}).catch(gone);
  }
  if (deletionTimestamp) return own;

  let adoptable: Promise<boolean> | undefined;
  const canAdopt = () => {
    adoptable ??= client
      .get(ownerType, {namespace, name: owner.metadata.name!})
      .then(fresh => fresh.metadata.uid === uid && !fresh.metadata.deletionTimestamp);
    return adoptable;
  };
  for (const object of orphansIn(informer, namespace)) {
    if (object.metadata.deletionTimestamp || ignores(object) || !selects(object) || !(await canAdopt())) continue;
    const ownerReferences = [controllerReference(ownerType as ResourceType<never>, owner)];
    const adopted = await patch(object, {ownerReferences, ...(finalizers && {finalizers})}).catch(gone);
    if (adopted) own.push(adopted);
  }
  return own;
}
