import type {JsonObject} from '../api/json.ts';
import {ApiError, badRequest, expired, tooLargeResourceVersion} from '../api/status.ts';
import {turn} from '../api/turn.ts';
import type {ListQuery} from '../request/options.ts';
import {listQuery} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {quoteByte} from '../schema/parse-json.ts';
import {CompactedError} from '../storage/store.ts';
import type {Entry, ResourceStorage, Snapshot} from '../storage/types.ts';
import type {Environment} from './environment.ts';
import {invalidResourceVersion, parseResourceVersion} from './get.ts';
import type {Selection} from './select.ts';
import {select} from './select.ts';

// So many objects are looked at before others get their turn: they may have to be decoded for it.
const TURN = 100;

/** What a list found: entries in key order and the list's own metadata. */
export interface Found {
  entries: Entry[];
  metadata: JsonObject;
}

/** Lists a collection: consistent, from history, or a chunk of one. */
export async function list(environment: Environment, {request, info}: RequestContext, resource: Resource): Promise<ApiResponse> {
  const query = listQuery(request.query, false);
  const selection = select(resource, info.namespace, query);
  const {entries, metadata} = await find(environment.storage(resource), resource, info.namespace, query, selection);
  return {status: 200, headers: {}, body: {type: 'list', resource, entries, metadata}};
}

/** The entries a list query means; shared with deletecollection. */
export async function find(
  storage: ResourceStorage,
  resource: Resource,
  namespace: string,
  query: ListQuery,
  selection: Selection,
): Promise<Found> {
  const prefix = resource.namespaced && namespace !== '' ? `${namespace}/` : '';
  const {snapshot, start} = query.continue === '' ? fresh(storage, query) : continued(storage, query, prefix);
  const entries: Entry[] = [];
  // What may be of any age comes whole from the cache.
  const limit = query.limit > 0 && query.resourceVersion !== '0' ? query.limit : Number.POSITIVE_INFINITY;
  let [more, seen] = [0, 0];
  for (const entry of candidates(snapshot, selection, prefix, start)) {
    if (++seen % TURN === 0 && !selection.everything) await turn();
    if (entries.length < limit) {
      if (selection.everything || selection.matches(entry)) entries.push(entry);
    } else if (!selection.everything) {
      // There may be more: whether what is left matches is not looked at.
      more = 1;
      break;
    } else if (prefix === '' && start === undefined) {
      more = snapshot.size - entries.length;
      break;
    } else more++;
  }
  const metadata: JsonObject = {resourceVersion: String(snapshot.revision)};
  if (more > 0) {
    metadata.continue = encodeContinue(snapshot.revision, `${entries.at(-1)!.key.slice(prefix.length)}\0`);
    if (selection.everything) metadata.remainingItemCount = more;
  }
  return {entries, metadata};
}

function candidates(snapshot: Snapshot, {scope}: Selection, prefix: string, start: string | undefined): Iterable<Entry> {
  if (scope.indexed !== undefined && start === undefined) return snapshot.indexed(scope.indexed);
  if (scope.name !== undefined && prefix !== '' && start === undefined) {
    const entry = snapshot.get(prefix + scope.name);
    return entry === undefined ? [] : [entry];
  }
  return snapshot.range({prefix, ...(start !== undefined && {start})});
}

interface Position {
  snapshot: Snapshot;
  start: string | undefined;
}

function fresh(storage: ResourceStorage, {resourceVersion, resourceVersionMatch, limit}: ListQuery): Position {
  if (resourceVersion === '' || resourceVersion === '0') return {snapshot: storage.snapshot(), start: undefined};
  const wanted = parseResourceVersion(resourceVersion);
  if (wanted === undefined) throw badRequest(`invalid resource version: ${invalidResourceVersion(resourceVersion)}`);
  if (wanted > storage.revision) throw tooLargeResourceVersion(wanted, storage.revision);
  // Before there was a match parameter, a limit made the version exact; that is kept.
  const exact = resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limit > 0);
  return {snapshot: exact ? exactly(storage, wanted) : storage.snapshot(), start: undefined};
}

function exactly(storage: ResourceStorage, revision: number): Snapshot {
  try {
    return storage.snapshotAt(revision);
  } catch (error) {
    if (error instanceof CompactedError) throw expired('The resourceVersion for the provided list is too old.');
    throw error;
  }
}

/** A continue token holds the revision of the first chunk and the key after the last one sent (k8s.io/apiserver/pkg/storage/continue.go). */
function continued(storage: ResourceStorage, query: ListQuery, prefix: string): Position {
  const {revision, start} = decodeContinue(query.continue);
  if (query.resourceVersion !== '' && query.resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  // -1: the client accepted an inconsistent list after its token had expired.
  if (revision < 0) return {snapshot: storage.snapshot(), start: prefix + start};
  try {
    return {snapshot: storage.snapshotAt(revision), start: prefix + start};
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    const gone = new ApiError(410, 'Expired', INCONSISTENT);
    gone.status.metadata = {continue: encodeContinue(-1, start)};
    throw gone;
  }
}

const INCONSISTENT =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue ' +
  'parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided ' +
  'token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was ' +
  'returned and now may show up in the list.';

const encodeContinue = (revision: number, start: string): string =>
  Buffer.from(JSON.stringify({v: 'meta.k8s.io/v1', rv: revision, start})).toString('base64url');

function decodeContinue(token: string): {revision: number; start: string} {
  const invalid = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  // Go's RawURLEncoding knows no padding and no other alphabet.
  if (!/^[A-Za-z0-9_-]*$/.test(token)) throw invalid(`illegal base64 data at input byte ${token.search(/[^A-Za-z0-9_-]/)}`);
  if (token.length % 4 === 1) throw invalid(`illegal base64 data at input byte ${token.length - 1}`);
  const text = Buffer.from(token, 'base64url').toString();
  let value: {v?: string; rv?: number; start?: string};
  try {
    value = JSON.parse(text);
  } catch {
    if (text === '') throw invalid('unexpected end of JSON input');
    throw invalid(`invalid character ${quoteByte(Buffer.from(token, 'base64url')[0]!)} looking for beginning of value`);
  }
  if (value?.v !== 'meta.k8s.io/v1') throw invalid(`server does not recognize this encoded version ${value?.v ?? ''}`);
  if (!value.rv) throw invalid('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (!value.start) throw invalid('encoded start key empty (version meta.k8s.io/v1)');
  return {revision: value.rv, start: value.start};
}
