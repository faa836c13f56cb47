import type {Timer} from '../api/clock.ts';
import type {JsonObject} from '../api/json.ts';
import {expired, unknownError} from '../api/status.ts';
import type {ListQuery} from '../request/options.ts';
import {listQuery} from '../request/options.ts';
import type {ApiResponse, RequestContext, WatchFrame, WatchStream} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {CompactedError} from '../storage/store.ts';
import type {CacheEvent, Cursor, Entry, ResourceStorage} from '../storage/types.ts';
import type {Environment} from './environment.ts';
import {invalidResourceVersion, parseResourceVersion} from './get.ts';
import type {Selection} from './select.ts';
import {select} from './select.ts';

const BOOKMARK_INTERVAL = 60_000;
const MINIMUM_TIMEOUT = 1_800_000;

/** Watches a collection: perhaps the present objects first, then a cursor into the log until the time is up. */
export function watch(environment: Environment, {request, info}: RequestContext, resource: Resource): ApiResponse {
  const query = listQuery(request.query, true);
  const selection = select(resource, info.namespace, query, info.name);
  const stream = openWatch(environment, environment.storage(resource), query, selection, resource.namespaced ? info.namespace : '');
  return {status: 200, headers: {}, body: {type: 'watch', resource, stream}};
}

/** Opens the stream; a version that is no number is a 500 before it starts, one that is compacted an ERROR frame inside it. */
export function openWatch(
  environment: Environment,
  storage: ResourceStorage,
  query: ListQuery,
  selection: Selection,
  namespace: string,
): WatchStream {
  const {clock, random} = environment;
  const from = query.resourceVersion === '' ? 0 : parseResourceVersion(query.resourceVersion);
  if (from === undefined) throw unknownError(invalidResourceVersion(query.resourceVersion));
  const initial = query.sendInitialEvents ?? from === 0;
  const snapshot = storage.snapshot();
  const beginning = initial ? snapshot.range({prefix: namespace === '' ? '' : `${namespace}/`})[Symbol.iterator]() : undefined;
  let cursor: Cursor | undefined;
  let failure: JsonObject | undefined;
  try {
    // A watch from "0", or without initial events from nothing, starts at what the cache holds now.
    cursor = storage.cursor(initial || from === 0 ? snapshot.revision : from, selection.scope);
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    failure = tooOld(error);
  }
  const minimum =
    query.timeoutSeconds !== undefined && query.timeoutSeconds !== 0 ? query.timeoutSeconds * 1000 : MINIMUM_TIMEOUT * (1 + random.float());
  return createStream({
    clock,
    cursor,
    failure,
    selection,
    beginning,
    // A future version stays silent until the log has reached it.
    after: from,
    initialEventsEnd: query.sendInitialEvents === true && query.allowWatchBookmarks ? snapshot.revision : undefined,
    bookmarks: query.allowWatchBookmarks,
    timeout: Math.max(0, minimum),
  });
}

interface StreamOptions {
  clock: Environment['clock'];
  cursor: Cursor | undefined;
  failure: JsonObject | undefined;
  selection: Selection;
  beginning: Iterator<Entry> | undefined;
  after: number;
  initialEventsEnd: number | undefined;
  bookmarks: boolean;
  timeout: number;
}

function createStream({
  clock,
  cursor,
  failure,
  selection,
  beginning,
  after,
  initialEventsEnd,
  bookmarks,
  timeout,
}: StreamOptions): WatchStream {
  let wake = (): void => {};
  let ended = false;
  let bookmarkDue = false;
  let bookmarkTimer: Timer | undefined;
  const end = (): void => {
    ended = true;
    cursor?.close();
    timeoutTimer.cancel();
    bookmarkTimer?.cancel();
  };
  const timeoutTimer = clock.after(timeout, 'upkeep', () => {
    end();
    wake();
  });
  const scheduleBookmark = (): void => {
    bookmarkTimer = clock.after(BOOKMARK_INTERVAL, 'upkeep', () => {
      bookmarkDue = true;
      scheduleBookmark();
      wake();
    });
  };
  if (bookmarks) scheduleBookmark();

  const readInitial = (frames: WatchFrame[], limit: number): void => {
    while (beginning !== undefined && frames.length < limit) {
      const {value, done} = beginning.next();
      if (done) {
        beginning = undefined;
        if (initialEventsEnd !== undefined) frames.push({type: 'BOOKMARK', revision: initialEventsEnd, initialEventsEnd: true});
      } else if (selection.matches(value)) frames.push({type: 'ADDED', entry: value});
    }
  };

  const readLog = (frames: WatchFrame[], limit: number): void => {
    while (frames.length < limit) {
      const events = cursor!.next(limit);
      if (events.length === 0) break;
      for (const event of events) {
        const frame = event.revision > after ? transition(event, selection) : undefined;
        if (frame !== undefined) frames.push(frame);
      }
    }
    if (bookmarkDue && frames.length < limit) {
      bookmarkDue = false;
      frames.push({type: 'BOOKMARK', revision: cursor!.position, initialEventsEnd: false});
    }
  };

  return {
    read(limit) {
      if (ended) return [];
      const frames: WatchFrame[] = [];
      if (failure === undefined) {
        try {
          readInitial(frames, limit);
          if (beginning === undefined) readLog(frames, limit);
        } catch (error) {
          if (!(error instanceof CompactedError)) throw error;
          failure = tooOld(error);
        }
      }
      if (failure !== undefined) {
        frames.push({type: 'ERROR', status: failure});
        end();
      }
      return frames;
    },
    get ended() {
      return ended;
    },
    onReady(callback) {
      wake = callback;
      cursor?.onReady(callback);
    },
    close() {
      wake = () => {};
      end();
    },
  };
}

/** What a change is to a selector: entering adds, leaving deletes with the previous state at the event's version (cache_watcher.go). */
function transition({type, entry, previous}: CacheEvent, selection: Selection): WatchFrame | undefined {
  if (selection.everything) return {type, entry};
  if (type === 'DELETED') return selection.matches(entry) ? {type, entry} : undefined;
  const is = selection.matches(entry);
  const was = previous !== undefined && selection.matches(previous);
  if (is) return {type: was ? 'MODIFIED' : 'ADDED', entry};
  return was ? {type: 'DELETED', entry: previous!.at(entry.revision)} : undefined;
}

const tooOld = ({revision, compacted}: CompactedError): JsonObject =>
  expired(`too old resource version: ${revision} (${compacted})`).status as unknown as JsonObject;
