import type {JsonObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import type {ResponseBody, WatchFrame} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Entry} from '../storage/types.ts';
import {bookmark} from './bookmark.ts';
import {viewKey} from './view-key.ts';

/** An answer that is one object, or can be. */
export type Whole = Extract<ResponseBody, {type: 'object' | 'entry' | 'list'}>;

/** The whole answer as one object. */
export function toObject(body: Whole): JsonObject {
  if (body.type === 'object') return body.object;
  if (body.type === 'entry') return body.resource.view.fromHub(body.entry.object);
  const {resource, entries, metadata} = body;
  return {
    kind: resource.listKind,
    apiVersion: formatGroupVersion(resource),
    metadata,
    items: entries.map(entry => listItem(resource, resource.view.fromHub(entry.object))),
  };
}

/** Items of built-in lists go without kind and apiVersion: they are typed in Go. */
export function listItem(resource: Resource, object: KubeObject): JsonObject {
  if (resource.custom) return object;
  const {kind: _kind, apiVersion: _apiVersion, ...item} = object;
  return item;
}

const isHub = ({view, group, version, custom}: Resource): boolean => !custom && view.hub.group === group && view.hub.version === version;

/** The JSON of a stored object in the resource's version. */
export function entryBytes(resource: Resource, entry: Entry): Buffer {
  if (isHub(resource)) return entry.bytes;
  return entry.memo(`json ${viewKey(resource)}`, () => Buffer.from(JSON.stringify(resource.view.fromHub(entry.glance))));
}

/** One frame of a watch in JSON, newline-delimited; the same bytes for every watcher. */
export function frameBytes(resource: Resource, frame: WatchFrame): Buffer {
  if (frame.type === 'ERROR') return Buffer.from(`{"type":"ERROR","object":${JSON.stringify(frame.status)}}\n`);
  if (frame.type === 'BOOKMARK') return Buffer.from(`{"type":"BOOKMARK","object":${JSON.stringify(bookmark(resource, frame))}}\n`);
  const {type, entry} = frame;
  return entry.memo(`frame ${type} ${viewKey(resource)}`, () =>
    Buffer.concat([Buffer.from(`{"type":"${type}","object":`), entryBytes(resource, entry), Buffer.from('}\n')]),
  );
}
