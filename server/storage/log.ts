import type {CacheEvent} from './types.ts';

/** Events in the order of their revisions; old ones are dropped from the front. */
export class EventLog {
  #events: CacheEvent[] = [];
  /** How many events were dropped: the number of the first that is there. */
  #first = 0;
  #dropped = 0;

  /** The number of the next event to come. */
  get end(): number {
    return this.#first + this.#events.length;
  }

  /** The revision of the newest event that was dropped; 0: none. */
  get dropped(): number {
    return this.#dropped;
  }

  append(event: CacheEvent): void {
    this.#events.push(event);
  }

  /** An event by its number, which it keeps as long as it is there. */
  at(number: number): CacheEvent | undefined {
    return this.#events[number - this.#first];
  }

  /** The number of the first event after `revision`. */
  after(revision: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision > revision) high = middle;
      else low = middle + 1;
    }
    return this.#first + low;
  }

  /** Drops the events up to `revision`; gives them. */
  trim(revision: number): CacheEvent[] {
    const count = this.after(revision) - this.#first;
    if (count === 0) return [];
    this.#dropped = this.#events[count - 1]!.revision;
    this.#first += count;
    return this.#events.splice(0, count);
  }
}
