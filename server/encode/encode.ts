import type {JsonObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import type {Accepted} from '../request/negotiate.ts';
import type {ResponseBody, WatchFrame} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Entry} from '../storage/types.ts';
import {bookmark} from './bookmark.ts';
import type {ProtobufCodec} from './protobuf.ts';
import {transformed, transformedBytes} from './transform.ts';
import {viewKey} from './view-key.ts';
import {toYaml} from './yaml.ts';

/** An answer's bytes, as many pieces as it is cheapest to make. */
export interface Encoded {
  contentType: string;
  bytes: Buffer;
}

type Whole = Extract<ResponseBody, {type: 'object' | 'entry' | 'list'}>;

const NEWLINE = Buffer.from('\n');
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** What encodings need beside the answer. */
export interface EncodeContext {
  /** Cluster time, for ages in tables. */
  readonly now: number;
  readonly protobuf: ProtobufCodec;
}

/** Encodes an object, an entry or a list as the client wants it. */
export function encode(body: Whole, accepted: Accepted, context: EncodeContext): Encoded {
  const form = accepted.as === '' ? undefined : encodeForm(body, accepted, context);
  if (form !== undefined) return form;
  if (accepted.mediaType !== 'application/json' || accepted.pretty) return encodeObject(toObject(body), accepted, context);
  if (body.type === 'object') return {contentType: 'application/json', bytes: Buffer.from(`${JSON.stringify(body.object)}\n`)};
  const bytes =
    body.type === 'entry'
      ? Buffer.concat([entryBytes(body.resource, body.entry), NEWLINE])
      : listBytes(body.resource, body.entries, body.metadata);
  return {contentType: 'application/json', bytes};
}

/** Tables and metadata; undefined: the body has no other form. */
function encodeForm(body: Whole, accepted: Accepted, context: EncodeContext): Encoded | undefined {
  if (accepted.mediaType === 'application/json' && !accepted.pretty) {
    const bytes = transformedBytes(body, accepted, context.now);
    return bytes && {contentType: 'application/json', bytes};
  }
  const object = transformed(body, accepted, context.now);
  return object && encodeObject(object, accepted, context);
}

function encodeObject(value: JsonObject, {mediaType, pretty}: Accepted, {protobuf}: EncodeContext): Encoded {
  if (mediaType === PROTOBUF && protobuf.knows(String(value.apiVersion), String(value.kind)))
    return {contentType: PROTOBUF, bytes: protobuf.encode(value)};
  if (mediaType === 'application/yaml') return {contentType: mediaType, bytes: Buffer.from(toYaml(value))};
  return {contentType: 'application/json', bytes: Buffer.from(pretty ? JSON.stringify(value, undefined, 2) : `${JSON.stringify(value)}\n`)};
}

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
function listItem(resource: Resource, object: KubeObject): JsonObject {
  if (resource.custom) return object;
  const {kind: _kind, apiVersion: _apiVersion, ...item} = object;
  return item;
}

const isHub = ({view, group, version, custom}: Resource): boolean => !custom && view.hub.group === group && view.hub.version === version;

/** The JSON of a stored object in the resource's version. */
export function entryBytes(resource: Resource, entry: Entry): Buffer {
  if (isHub(resource)) return entry.bytes;
  return entry.memo(`json ${viewKey(resource)}`, () => Buffer.from(JSON.stringify(resource.view.fromHub(entry.object))));
}

/** A list's JSON, put together from the entries' own bytes. */
function listBytes(resource: Resource, entries: readonly Entry[], metadata: JsonObject): Buffer {
  const apiVersion = formatGroupVersion(resource);
  const head = Buffer.from(
    `{"kind":"${resource.listKind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(resource.custom ? {continue: '', ...metadata} : metadata)},"items":[`,
  );
  const skip = resource.custom ? 0 : Buffer.byteLength(`"kind":"${resource.kind}","apiVersion":"${apiVersion}",`);
  const items = entries.map(entry => entryBytes(resource, entry));
  const size = items.reduce((sum, item) => sum + item.length - skip + 1, head.length + 3);
  const target = Buffer.allocUnsafeSlow(size);
  let position = head.copy(target);
  for (const [index, item] of items.entries()) {
    if (index > 0) target[position++] = 0x2c;
    if (skip === 0) position += item.copy(target, position);
    else {
      target[position++] = 0x7b;
      position += item.copy(target, position, skip + 1);
    }
  }
  position += target.write(']}\n', position);
  return position === size ? target : target.subarray(0, position);
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
