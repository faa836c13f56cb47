import type {JsonObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {badRequest, notAcceptable} from '../api/status.ts';
import type {Accepted} from '../request/negotiate.ts';
import type {FormResource, ResponseBody, WatchFrame} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Entry} from '../storage/types.ts';
import {bookmark} from './bookmark.ts';
import type {MetaVersion} from './partial.ts';
import {partial, partialBytes, toPartial} from './partial.ts';
import type {IncludeObject, TableOptions} from './table.ts';
import {tablePieces, toTable} from './table.ts';

type Body = Extract<ResponseBody, {type: 'object' | 'entry'}>;

/** Refuses a form that does not suit what is answered, 406, before anything of the answer is sent. */
export function checkForm(body: ResponseBody, accepted: Accepted): void {
  if (accepted.as === 'PartialObjectMetadata' && body.type === 'list')
    throw notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (*${goType(body.resource)}List)`);
  if (accepted.as !== 'PartialObjectMetadataList' || (body.type !== 'entry' && body.type !== 'object') || !body.resource) return;
  if (body.type === 'object' && body.object.kind === 'Status') return;
  throw notAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list (*${goType(body.resource)})`);
}

/** What a request for a Table wants of each object; throws 400 for anything unknown. */
export function includeObject(query: URLSearchParams): IncludeObject {
  const wanted = query.get('includeObject') || 'Metadata';
  if (wanted === 'None' || wanted === 'Metadata' || wanted === 'Object') return wanted;
  const problem = `includeObject: Invalid value: ${JSON.stringify(wanted)}: must be 'Metadata', 'Object', 'None', or empty`;
  throw badRequest(`Unable to convert to Table as requested: ${problem}`);
}

/** An answer as Table or metadata, as an object; undefined: it goes as it is, like a Status. */
export function transformed(body: Body, accepted: Accepted, now: number): JsonObject | undefined {
  const found = contents(body);
  if (!found) return undefined;
  const {resource, objects, metadata, list} = found;
  const apiVersion = metaVersion(accepted);
  if (accepted.as === 'Table') return toTable(resource, objects, metadata, tableOptions(accepted, now, true));
  const partials = objects.map(object => toPartial(resource, object, apiVersion));
  return list ? {kind: 'PartialObjectMetadataList', apiVersion, metadata, items: partials} : partials[0];
}

/** The JSON of `transformed`, put together from what entries keep. */
export function transformedBytes(body: Body, accepted: Accepted, now: number): Buffer | undefined {
  if (body.type === 'object') {
    const object = transformed(body, accepted, now);
    return object && Buffer.from(`${JSON.stringify(object)}\n`);
  }
  const {resource, entry} = body;
  if (accepted.as === 'Table') return tableBytes(resource, entry, tableOptions(accepted, now, true));
  return Buffer.concat([partialBytes(resource, entry, metaVersion(accepted)), NEWLINE]);
}

/** The JSON of a watch event's object in the accepted form; only the `first` of a Table watch tells the columns. */
export function transformedFrame(
  resource: Resource,
  frame: Exclude<WatchFrame, {type: 'ERROR'}>,
  accepted: Accepted,
  now: number,
  first: boolean,
): Buffer {
  const apiVersion = metaVersion(accepted);
  if (frame.type === 'BOOKMARK') {
    const object = bookmark(resource, frame);
    const {resourceVersion} = object.metadata;
    const form =
      accepted.as === 'Table'
        ? toTable(resource, [object], {resourceVersion: resourceVersion!}, tableOptions(accepted, now, first))
        : partial(object.metadata, apiVersion);
    return Buffer.from(JSON.stringify(form));
  }
  const {entry} = frame;
  if (accepted.as !== 'Table') return partialBytes(resource, entry, apiVersion);
  return tableBytes(resource, entry, tableOptions(accepted, now, first)).subarray(0, -1);
}

const tableBytes = (resource: Resource, entry: Entry, options: TableOptions): Buffer =>
  Buffer.concat([...tablePieces(resource, [entry], {resourceVersion: String(entry.revision)}, options)]);

const NEWLINE = Buffer.from('\n');

interface Contents {
  resource: FormResource;
  /** In the hub version; several where it is a `list`. */
  objects: KubeObject[];
  metadata: JsonObject;
  list?: boolean;
}

function contents(body: Body): Contents | undefined {
  if (body.type === 'entry')
    return {resource: body.resource, objects: [body.entry.object], metadata: {resourceVersion: String(body.entry.revision)}};
  if (!body.resource || body.object.kind === 'Status') return undefined;
  const object = body.object as KubeObject;
  // A list that no storage has.
  if (Array.isArray(object.items)) return {resource: body.resource, objects: object.items as KubeObject[], metadata: {}, list: true};
  const {resourceVersion} = object.metadata;
  return {resource: body.resource, objects: [body.resource.view.toHub(object)], metadata: resourceVersion ? {resourceVersion} : {}};
}

export const tableOptions = (accepted: Accepted, now: number, definitions: boolean): TableOptions => ({
  apiVersion: metaVersion(accepted),
  includeObject: accepted.includeObject ?? 'Metadata',
  now,
  definitions,
});

export const metaVersion = ({asVersion}: Accepted): MetaVersion => `meta.k8s.io/${asVersion}`;

/** How Go names a kind's internal type: by the last element of its package, which is the group's first label. */
function goType({group, kind, custom}: FormResource): string {
  if (custom) return 'unstructured.Unstructured';
  const [label = ''] = group.split('.');
  return `${label === '' || label === 'events' ? 'core' : label}.${kind}`;
}
