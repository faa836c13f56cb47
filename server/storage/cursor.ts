import {EventLog} from './log.ts';
import {CompactedError} from './store.ts';
import type {CacheEvent, Cursor, CursorScope, Entry} from './types.ts';

/** What cursors need of the storage they read. */
export interface CursorSource {
  readonly log: EventLog;
  readonly indexedField: string | undefined;
  /** The newest revision of the store. */
  revision(): number;
  oldest(): number;
}

/** All open cursors of a storage. */
export interface Cursors {
  open(revision: number, scope: CursorScope): Cursor;
  /** Tells of an event that was appended to the log. */
  append(event: CacheEvent): void;
  /** Wakes, once each, the cursors that have something to read since the last time. */
  wake(): void;
  trim(revision: number): void;
}

/** The part of the log that a scope selects, shared by its cursors: what is of no interest costs none of them anything. */
interface View {
  readonly scope: CursorScope;
  readonly log: EventLog;
  readonly cursors: Set<() => void>;
}

/**
 * Views lie under the narrowest part of their scope, so that an event finds the few that may want it. The whole storage's view is the log
 * itself.
 */
export function createCursors(source: CursorSource): Cursors {
  const places = new Map<string, Set<View>>();
  const awake = new Set<View>();
  return {open, append, wake, trim};

  function open(revision: number, scope: CursorScope): Cursor {
    if (revision < source.oldest()) throw new CompactedError(revision, source.oldest());
    const view = enter(scope);
    let wakeUp = (): void => {};
    const wakeMe = (): void => wakeUp();
    view.cursors.add(wakeMe);
    return createCursor(view.log, source, revision, {
      onReady: wake => {
        wakeUp = wake;
      },
      close: () => {
        view.cursors.delete(wakeMe);
        if (view.cursors.size === 0) leave(view);
      },
    });
  }

  function append(event: CacheEvent): void {
    if (places.size === 0) return;
    for (const place of placesOf(event)) {
      for (const view of places.get(place) ?? []) {
        if (!selects(view.scope, event)) continue;
        if (view.log !== source.log) view.log.append(event);
        awake.add(view);
      }
    }
  }

  function wake(): void {
    const views = [...awake];
    awake.clear();
    for (const view of views) for (const wakeUp of [...view.cursors]) wakeUp();
  }

  function trim(revision: number): void {
    for (const views of places.values()) for (const view of views) if (view.log !== source.log) view.log.trim(revision);
  }

  function enter(scope: CursorScope): View {
    const place = placeOf(scope);
    const views = places.get(place) ?? new Set();
    places.set(place, views);
    for (const view of views) if (sameScope(view.scope, scope)) return view;
    const view: View = {scope, log: place === '' ? source.log : select(scope), cursors: new Set()};
    views.add(view);
    return view;
  }

  function leave(view: View): void {
    const place = placeOf(view.scope);
    const views = places.get(place);
    views?.delete(view);
    if (views?.size === 0) places.delete(place);
    awake.delete(view);
  }

  function select(scope: CursorScope): EventLog {
    const log = new EventLog();
    const {end} = source.log;
    for (let number = source.log.after(0); number < end; number++) {
      const event = source.log.at(number)!;
      if (selects(scope, event)) log.append(event);
    }
    return log;
  }

  function placesOf({entry, previous}: CacheEvent): Set<string> {
    const found = new Set(['', `name ${entry.name}`, `namespace ${entry.namespace}`]);
    if (source.indexedField === undefined) return found;
    found.add(`indexed ${indexedOf(entry)}`);
    if (previous) found.add(`indexed ${indexedOf(previous)}`);
    return found;
  }

  function selects({namespace, name, indexed}: CursorScope, {entry, previous}: CacheEvent): boolean {
    if (namespace !== undefined && namespace !== entry.namespace) return false;
    if (name !== undefined && name !== entry.name) return false;
    if (indexed === undefined) return true;
    return indexedOf(entry) === indexed || (previous !== undefined && indexedOf(previous) === indexed);
  }

  function indexedOf(entry: Entry): string {
    return entry.fields[source.indexedField!] ?? '';
  }
}

function placeOf({namespace, name, indexed}: CursorScope): string {
  if (name !== undefined) return `name ${name}`;
  if (indexed !== undefined) return `indexed ${indexed}`;
  return namespace === undefined ? '' : `namespace ${namespace}`;
}

const sameScope = (a: CursorScope, b: CursorScope): boolean => a.namespace === b.namespace && a.name === b.name && a.indexed === b.indexed;

function createCursor(log: EventLog, source: CursorSource, start: number, hooks: Pick<Cursor, 'onReady' | 'close'>): Cursor {
  let read = start;
  let number = log.after(start);
  return {
    next(limit) {
      // The boundary moves over events of others too; only what this cursor has not read makes it expire.
      if (log.dropped > read) throw new CompactedError(read, source.oldest());
      const events: CacheEvent[] = [];
      for (let event = log.at(number); event && events.length < limit; event = log.at(number)) {
        events.push(event);
        read = event.revision;
        number++;
      }
      return events;
    },
    get position() {
      return number < log.end || log.dropped > read ? read : Math.max(read, source.revision());
    },
    ...hooks,
  };
}
