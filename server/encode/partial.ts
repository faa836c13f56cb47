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

export const toPartialList = (objects: readonly KubeObject[], metadata: JsonObject, apiVersion: MetaVersion): JsonObject => ({
  kind: 'PartialObjectMetadataList',
  apiVersion,
  metadata,
  items: objects.map(object => toPartial(object, apiVersion)),
});

/** The JSON of toPartial, kept with the entry. */
export const partialBytes = (resource: Resource, entry: Entry, apiVersion: MetaVersion): Buffer =>
  entry.memo(`partial ${apiVersion} ${viewKey(resource)}`, () =>
    Buffer.from(JSON.stringify(toPartial(resource.view.fromHub(entry.object), apiVersion))),
  );

/** The JSON of toPartialList, put together from the entries' own. */
export function partialListBytes(resource: Resource, entries: readonly Entry[], metadata: JsonObject, apiVersion: MetaVersion): Buffer {
  const head = `{"kind":"PartialObjectMetadataList","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
  const parts: Buffer[] = [Buffer.from(head)];
  for (const [i, entry] of entries.entries()) {
    if (i > 0) parts.push(COMMA);
    parts.push(partialBytes(resource, entry, apiVersion));
  }
  parts.push(END);
  return Buffer.concat(parts);
}

const COMMA = Buffer.from(',');
const END = Buffer.from(']}\n');
