import type {JsonObject} from '../api/json.ts';
import {formatGroupVersion} from '../api/object.ts';
import type {Accepted} from '../request/negotiate.ts';
import type {ResponseBody} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Entry} from '../storage/types.ts';
import {entryBytes, listItem} from './objects.ts';
import {type MetaVersion, partialBytes, toPartial} from './partial.ts';
import type {ProtobufCodec} from './protobuf.ts';
import {tablePieces} from './table.ts';
import {metaVersion, tableOptions} from './transform.ts';
import {viewKey} from './view-key.ts';
import {toYaml} from './yaml.ts';

type List = Extract<ResponseBody, {type: 'list'}>;

/** What encodings need beside the answer. */
export interface EncodeContext {
  /** Cluster time, for ages in tables. */
  readonly now: number;
  readonly protobuf: ProtobufCodec;
}

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** A list's answer piece by piece: whoever sends it may let others have their turn between any two. */
export interface EncodedPieces {
  contentType: string;
  pieces: Iterable<Buffer>;
}

/** Encodes a list as the client wants it; each entry is one piece or a few. */
export function encodeList(list: List, accepted: Accepted, {now, protobuf}: EncodeContext): EncodedPieces {
  const {mediaType, as, pretty} = accepted;
  const body = as === 'Table' ? inRowOrder(list) : list;
  if (mediaType === PROTOBUF && (as !== '' || protobuf.knows(formatGroupVersion(body.resource), body.resource.listKind)))
    return {contentType: PROTOBUF, pieces: protobufPieces(body, as === '' ? undefined : metaVersion(accepted), protobuf)};
  if (body.entries.length === 0 && as === 'PartialObjectMetadataList')
    return {contentType: mediaType, pieces: [noPartials(body, accepted)]};
  if (mediaType === 'application/yaml' || pretty) {
    const {head, items} = asObjects(body, accepted, now);
    return mediaType === 'application/yaml'
      ? {contentType: mediaType, pieces: yamlPieces(head, items)}
      : {contentType: 'application/json', pieces: prettyPieces(head, items)};
  }
  return {contentType: 'application/json', pieces: jsonPieces(body, accepted, now)};
}

function inRowOrder(list: List): List {
  const {rowOrder} = list.resource;
  return rowOrder ? {...list, entries: [...list.entries].sort((a, b) => rowOrder(a.glance, b.glance))} : list;
}

/** Metadata of no objects at all: Go's list of them was never made. */
function noPartials({metadata}: List, accepted: Accepted): Buffer {
  const list = {kind: 'PartialObjectMetadataList', apiVersion: metaVersion(accepted), metadata, items: null};
  if (accepted.mediaType === 'application/yaml') return Buffer.from(toYaml(list));
  return Buffer.from(accepted.pretty ? JSON.stringify(list, undefined, 2) : `${JSON.stringify(list)}\n`);
}

function jsonPieces(body: List, accepted: Accepted, now: number): Iterable<Buffer> {
  const {resource, entries, metadata} = body;
  if (accepted.as === 'Table') return tablePieces(resource, entries, metadata, tableOptions(accepted, now, true));
  if (accepted.as === '') return plainPieces(resource, entries, metadata);
  const apiVersion = metaVersion(accepted);
  const head = `{"kind":"PartialObjectMetadataList","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
  return joined(head, entries, entry => partialBytes(resource, entry, apiVersion));
}

/** From the entries' own bytes; items of built-in lists go without kind and apiVersion. */
function* plainPieces(resource: Resource, entries: readonly Entry[], metadata: JsonObject): Iterable<Buffer> {
  const apiVersion = formatGroupVersion(resource);
  const shown = resource.custom ? {continue: '', ...metadata} : metadata;
  const head = `{"kind":"${resource.listKind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(shown)},"items":[`;
  if (resource.custom) return yield* joined(head, entries, entry => entryBytes(resource, entry));
  const skip = Buffer.byteLength(`{"kind":"${resource.kind}","apiVersion":"${apiVersion}",`);
  yield Buffer.from(entries.length > 0 ? `${head}{` : head);
  for (let i = 0; i < entries.length; i++) {
    if (i > 0) yield BETWEEN;
    yield entryBytes(resource, entries[i]!).subarray(skip);
  }
  yield END;
}

function* joined(head: string, entries: readonly Entry[], bytes: (entry: Entry) => Buffer): Iterable<Buffer> {
  yield Buffer.from(head);
  for (let i = 0; i < entries.length; i++) {
    if (i > 0) yield COMMA;
    yield bytes(entries[i]!);
  }
  yield END;
}

const BETWEEN = Buffer.from(',{');
const COMMA = Buffer.from(',');
const END = Buffer.from(']}\n');
const NOTHING = Buffer.alloc(0);

/** The size of the whole comes first: the items are encoded before anything is sent, and kept with their entries. */
function* protobufPieces({resource, entries, metadata}: List, partial: MetaVersion | undefined, protobuf: ProtobufCodec): Iterable<Buffer> {
  const items: Buffer[] = [];
  for (const entry of entries) {
    items.push(
      entry.memo(`protobuf item ${partial ?? ''} ${viewKey(resource)}`, () => {
        const object = entry.glance;
        return protobuf.encodeMessage(partial ? toPartial(resource, object, partial) : resource.view.fromHub(object));
      }),
    );
    yield NOTHING;
  }
  const kind = partial ? 'PartialObjectMetadataList' : resource.listKind;
  yield* protobuf.encodeList(partial ?? formatGroupVersion(resource), kind, metadata, items);
}

/** What a list is without its items, and each of these when its turn comes. `items` has `rows` of a Table. */
function asObjects({resource, entries, metadata}: List, accepted: Accepted, now: number): {head: JsonObject; items: Iterable<JsonObject>} {
  const each = (make: (entry: Entry) => JsonObject): Iterable<JsonObject> => mapped(entries, make);
  if (accepted.as === 'Table') {
    const options = tableOptions(accepted, now, true);
    const table = (some: readonly Entry[]): JsonObject =>
      JSON.parse(Buffer.concat([...tablePieces(resource, some, metadata, options)]).toString()) as JsonObject;
    return {head: table([]), items: each(entry => (table([entry]).rows as JsonObject[])[0]!)};
  }
  const own = (entry: Entry) => resource.view.fromHub(entry.glance);
  if (accepted.as !== '') {
    const apiVersion = metaVersion(accepted);
    const head = {kind: 'PartialObjectMetadataList', apiVersion, metadata, items: []};
    return {head, items: each(entry => toPartial(resource, entry.glance, apiVersion))};
  }
  const head = {kind: resource.listKind, apiVersion: formatGroupVersion(resource), metadata, items: []};
  return {head, items: each(entry => listItem(resource, own(entry)))};
}

function* mapped<T, R>(values: readonly T[], make: (value: T) => R): Iterable<R> {
  for (const value of values) yield make(value);
}

const EMPTY_LIST = /"(?:items|rows)": \[\]/;

/** JSON as Go indents it. */
function* prettyPieces(head: JsonObject, items: Iterable<JsonObject>): Iterable<Buffer> {
  const text = JSON.stringify(head, undefined, 2);
  const split = EMPTY_LIST.exec(text)!;
  const before = text.slice(0, split.index + split[0].length - 1);
  let first = true;
  for (const item of items) {
    const indented = JSON.stringify(item, undefined, 2).replaceAll('\n', '\n    ');
    yield Buffer.from(`${first ? before : ','}\n    ${indented}`);
    first = false;
  }
  yield Buffer.from(first ? text : `\n  ]${text.slice(split.index + split[0].length)}`);
}

/** Keys are sorted: what comes before the items, these, and the rest. */
function* yamlPieces(head: JsonObject, items: Iterable<JsonObject>): Iterable<Buffer> {
  const text = toYaml(head);
  const split = /^(?:items|rows): \[\]\n/m.exec(text)!;
  const name = split[0].slice(0, split[0].indexOf(':'));
  let first = true;
  for (const item of items) {
    yield Buffer.from(`${first ? `${text.slice(0, split.index)}${name}:\n` : ''}${toYaml([item])}`);
    first = false;
  }
  yield Buffer.from(first ? text : text.slice(split.index + split[0].length));
}
