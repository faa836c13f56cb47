import type {JsonObject} from '../api/json.ts';
import type {KubeObject, ObjectMeta} from '../api/object.ts';
import type {FormResource} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Entry} from '../storage/types.ts';
import {viewKey} from './view-key.ts';

/** `meta.k8s.io/v1` or `…/v1beta1`: clients may ask for either. */
export type MetaVersion = `meta.k8s.io/${string}`;

/** The metadata alone of an object in the hub version, whatever its kind. */
export const toPartial = ({custom, view}: Pick<FormResource, 'custom' | 'view'>, object: KubeObject, apiVersion: MetaVersion): JsonObject =>
  // Of built-in kinds it is that of the internal type, where no version keeps fields as annotations.
  partial(custom ? view.fromHub(object).metadata : (view.metadata?.(object) ?? object.metadata), apiVersion);

export const partial = (metadata: ObjectMeta, apiVersion: MetaVersion): JsonObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion,
  metadata: metadata as JsonObject,
});

/** The JSON of toPartial, kept with the entry. */
export const partialBytes = (resource: Resource, entry: Entry, apiVersion: MetaVersion): Buffer =>
  entry.memo(`partial ${apiVersion} ${viewKey(resource)}`, () =>
    Buffer.from(JSON.stringify(toPartial(resource, entry.glance, apiVersion))),
  );
