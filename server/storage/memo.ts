/** Something that can drop what it derived and derive it again. */
export interface Forgetful {
  /** The generation of the budget in which it was last used; set by the budget. */
  generation: number;
  forget(): void;
}

/**
 * Keeps what can be derived again (decoded objects, other encodings) below `limit` bytes. Owners are kept in two generations: when the
 * young one has filled half of the budget, the owners that were not used since the last time forget, and the young become the old.
 */
export class MemoBudget {
  readonly #limit: number;
  #generation = 1;
  #size = 0;
  #young = new Set<Forgetful>();
  #old = new Set<Forgetful>();

  constructor(limit: number) {
    this.#limit = limit;
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

  #turn(): void {
    for (const owner of this.#old) owner.forget();
    this.#old = this.#young;
    this.#young = new Set();
    this.#generation++;
    this.#size = 0;
  }
}
