/** Something that can drop what it derived and derive it again. */
export interface Forgetful {
  /** The generation of the budget in which it was last used, 0: never; set by the budget. */
  generation: number;
  forget(): void;
}

/** What may lie unused after it was written, in bytes: long enough for watchers and a next write, too short to outlive a collection. */
const FRESH = 4 * 1024 * 1024;

/**
 * Keeps what can be derived again (decoded objects, other encodings) below `limit` bytes. Owners are kept in two generations: when the
 * young one has filled half of the budget, the owners that were not used since the last time forget, and the young become the old. What
 * comes with a write, which nobody may ever look at, gets a short time to be used.
 */
export class MemoBudget {
  readonly #limit: number;
  #generation = 1;
  #size = 0;
  #young = new Set<Forgetful>();
  #old = new Set<Forgetful>();
  #fresh: Forgetful[] = [];
  #freshSize = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Lets `owner` keep `bytes` that it was written with, unless it is not used soon. */
  offer(owner: Forgetful, bytes: number): void {
    this.#fresh.push(owner);
    this.#freshSize += bytes;
    if (this.#freshSize >= FRESH) this.#drop();
  }

  /** What was not used since the last time is forgotten, even when there is room for it. */
  age(): void {
    this.#drop();
    this.#turn();
  }

  /** Counts `bytes` that `owner` has just derived; 0 for a mere use. */
  use(owner: Forgetful, bytes: number): void {
    if (owner.generation !== this.#generation) {
      owner.generation = this.#generation;
      this.#old.delete(owner);
      this.#young.add(owner);
    }
    this.#size += bytes;
    if (this.#size > this.#limit / 2) this.#turn();
  }

  #drop(): void {
    for (const owner of this.#fresh) if (owner.generation === 0) owner.forget();
    this.#fresh = [];
    this.#freshSize = 0;
  }

  #turn(): void {
    for (const owner of this.#old) owner.forget();
    this.#old = this.#young;
    this.#young = new Set();
    this.#generation++;
    this.#size = 0;
  }
}
