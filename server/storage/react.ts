import type {Cursor, ResourceStorage} from './types.ts';

export interface Reaction {
  /** Nothing is under way. */
  idle(): boolean;
  close(): void;
}

/** Does the work once, and again whenever something in the storages changed: never twice at a time, and once for many changes. */
export function reactTo(storages: readonly ResourceStorage[], work: () => Promise<void>, report: (error: unknown) => void): Reaction {
  let running = false;
  let again = false;
  const run = (): void => {
    again = true;
    if (running) return;
    running = true;
    (async () => {
      while (again) {
        again = false;
        await work();
      }
    })()
      .catch(report)
      .finally(() => {
        running = false;
      });
  };
  const cursors = storages.map((storage): Cursor => {
    const cursor = storage.cursor(storage.revision);
    cursor.onReady(() => {
      try {
        while (cursor.next(100).length > 0);
        run();
      } catch (error) {
        report(error);
      }
    });
    return cursor;
  });
  run();
  return {
    idle: () => !running,
    close() {
      for (const cursor of cursors) cursor.close();
    },
  };
}
