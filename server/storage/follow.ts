import type {ResourceStorage} from './types.ts';

/** Tells, each time it is asked, whether anything in the storage changed since the last time. */
export function followStorage(storage: ResourceStorage): () => boolean {
  let cursor = storage.cursor(storage.revision);
  return () => {
    try {
      let changed = false;
      while (cursor.next(1000).length > 0) changed = true;
      return changed;
    } catch {
      // Fallen off the log: whatever happened, look again.
      cursor.close();
      cursor = storage.cursor(storage.revision);
      return true;
    }
  };
}
