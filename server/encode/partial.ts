import type {JsonObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import type {Resource} from '../resources/resource.ts';
import type {Entry} from '../storage/types.ts';
import {viewKey} from './view-key.ts';

/** `meta.k8s.io/v1` or `…/v1beta1`: clients may ask for either. */
export type MetaVersion = `meta.k8s.io/${string}`;

/** An object's metadata alone, whatever its kind. */
export const toPartial = (object: KubeObject, apiVersion: MetaVersion): JsonObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion,
  metadata: object.metadata as JsonObject,
});

/** The JSON of toPartial, kept with the entry. */
export const partialBytes = (resource: Resource, entry: Entry, apiVersion: MetaVersion): Buffer =>
  entry.memo(`partial ${apiVersion} ${viewKey(resource)}`, () =>
    Buffer.from(JSON.stringify(toPartial(resource.view.fromHub(entry.object), apiVersion))),
  );
