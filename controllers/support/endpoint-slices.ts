import type {EndpointSlice} from '../../server/api/kinds.generated.ts';
import type {ObjectMeta, OwnerReference} from '../../server/api/object.ts';
import {endpointSlices as sliceType} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import type {SlicePlan} from '../endpointslice-plan.ts';
import {isNamespaceTerminating} from '../replicaset.ts';
import type {ControllerContext} from '../runtime/definition.ts';
import type {Informer} from '../runtime/informer.ts';
import type {OwnWrites} from '../runtime/own-writes.ts';
import {TRIGGER_TIME} from './service-pods.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const HEADLESS = 'service.kubernetes.io/headless';

export interface SliceOwner {
  key: string;
  metadata: ObjectMeta;
  reference: OwnerReference;
  addressType: string;
  labels: {[key: string]: string};
  annotations?: {[key: string]: string};
  triggerTime?: string;
}

const SERVICE_INDEX = 'service';

export function indexByService(slices: Informer<EndpointSlice>): void {
  slices.addIndex(SERVICE_INDEX, ({metadata}) => {
    const service = metadata.labels?.[SERVICE_NAME];
    return service === undefined ? [] : [`${metadata.namespace}/${service}`];
  });
}

export const slicesOf = (slices: Informer<EndpointSlice>, key: string, manager: string): EndpointSlice[] =>
  slices.by(SERVICE_INDEX, key).filter(({metadata}) => metadata.labels?.[MANAGED_BY] === manager);

/** Carries out a plan. */
export async function writeSlices(
  {client}: ControllerContext,
  plan: SlicePlan,
  owner: SliceOwner,
  slices: Informer<EndpointSlice>,
  ownWrites: OwnWrites,
): Promise<void> {
  const {namespace, name, deletionTimestamp} = owner.metadata;
  const annotate = (annotations: {[key: string]: string} = {}) => {
    const {[TRIGGER_TIME]: _last, ...rest} = annotations;
    const all = {...rest, ...owner.annotations, ...(owner.triggerTime && {[TRIGGER_TIME]: owner.triggerTime})};
    return Object.keys(all).length > 0 ? {annotations: all} : {};
  };
  for (const {ports, endpoints} of deletionTimestamp ? [] : plan.create) {
    const slice: EndpointSlice = {
      metadata: {
        namespace,
        generateName: `${name}-`,
        labels: owner.labels,
        ownerReferences: [owner.reference],
        ...annotate(),
      },
      addressType: owner.addressType,
      endpoints,
      ports,
    };
    const created = await client.create(sliceType, slice).catch(error => {
      if (isNamespaceTerminating(error)) return undefined;
      throw error;
    });
    if (!created) return;
    ownWrites.wrote(owner.key, slices, created);
  }
  for (const slice of plan.update) {
    const {annotations, ...metadata} = slice.metadata;
    const updated = await client.update(sliceType, {...slice, metadata: {...metadata, ...annotate(annotations)}});
    ownWrites.wrote(owner.key, slices, updated);
  }
  for (const {metadata} of plan.delete) {
    await client.delete(sliceType, {namespace, name: metadata.name!}).catch(error => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }
}
