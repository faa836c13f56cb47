import type {Cursor, ResourceStorage} from './types.ts';

export interface Reaction {
  /** Nothing is under way. */
  idle(): boolean;
  /** Resolves when what was under way is done. */
  close(): Promise<void>;
}

/** Calls `changed` after changes in a storage, once for those of one turn, until the cursor is closed. */
export function onChange(storage: ResourceStorage, changed: () => void, report: (error: unknown) => void): Cursor {
  const cursor = storage.cursor(storage.revision);
  cursor.onReady(() => {
    try {
      while (cursor.next(100).length > 0);
      changed();
    } catch (error) {
      report(error);
    }
  });
  return cursor;
}

/** Does the work once, and again whenever something in the storages changed: never twice at a time, and once for many changes. */
export function reactTo(storages: readonly ResourceStorage[], work: () => Promise<void>, report: (error: unknown) => void): Reaction {
  let running: Promise<void> | undefined;
  let again = false;
  const run = (): void => {
    again = true;
    running ??= (async () => {
      while (again) {
        again = false;
        await work();
      }
    })()
      .catch(report)
      .finally(() => {
        running = undefined;
      });
  };
  const cursors = storages.map(storage => onChange(storage, run, report));
  run();
  return {
    idle: () => running === undefined,
    async close() {
      for (const cursor of cursors) cursor.close();
      again = false;
      await running;
    },
  };
}
