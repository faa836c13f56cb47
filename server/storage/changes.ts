/** How much history is kept; whatever is reached first. */
export interface HistoryLimits {
  /** Milliseconds of cluster time. */
  age: number;
  count: number;
  /** Bytes of values. */
  bytes: number;
}

/** An event of the kept history; its value lies in the database. */
export interface Change {
  revision: number;
  key: string;
  /** What it superseded; 0: nothing. */
  previousRevision: number;
  deleted: boolean;
  bytes: number;
  /** Cluster time at which it was committed; of those that were there at the start, the start. */
  time: number;
}

/** The kept history, oldest first. */
export interface Changes {
  readonly newest: Change | undefined;
  push(change: Change): void;
  after(revision: number): Change[];
  /** Takes out all up to `revision`. */
  drop(revision: number): Change[];
  /** The newest revision that is too old at `now`; undefined: none is. */
  outdated(now: number): number | undefined;
  /** The revision up to which there are too many; undefined: there are not. Leaves nine tenths, so that not each write exceeds anew. */
  excess(): number | undefined;
}

export function createChanges(limits: HistoryLimits): Changes {
  const changes: Change[] = [];
  let bytes = 0;
  return {
    get newest() {
      return changes.at(-1);
    },
    push(change) {
      changes.push(change);
      bytes += change.bytes;
    },
    after: revision => changes.slice(firstAfter(changes, revision)),
    drop(revision) {
      const dropped = changes.splice(0, firstAfter(changes, revision));
      for (const change of dropped) bytes -= change.bytes;
      return dropped;
    },
    outdated(now) {
      const young = changes.findIndex(change => change.time > now - limits.age);
      return changes[(young < 0 ? changes.length : young) - 1]?.revision;
    },
    excess() {
      if (changes.length <= limits.count && bytes <= limits.bytes) return undefined;
      let count = 0;
      let left = bytes;
      while (changes.length - count > limits.count * 0.9 || left > limits.bytes * 0.9) left -= changes[count++]!.bytes;
      return changes[count - 1]?.revision;
    },
  };
}

/** The index of the first change after `revision`. */
function firstAfter(changes: readonly Change[], revision: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (changes[middle]!.revision > revision) high = middle;
    else low = middle + 1;
  }
  return low;
}
