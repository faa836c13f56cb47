import type {KubeObject} from '../api/object.ts';
import {nameOf, namespaceOf} from './keys.ts';
import type {Forgetful, MemoBudget} from './memo.ts';
import {deepFreeze, restampText, stampObject, stampText} from './text.ts';
import type {Entry, StorageConfig} from './types.ts';

/** What all entries of a storage share. */
export interface EntryHome {
  readonly fields: StorageConfig['fields'];
  readonly budget: MemoBudget;
}

const NONE: {readonly [key: string]: string} = Object.freeze({});
// Parsed objects take about this much of their text's length on the heap.
const OBJECT_FACTOR = 4;
const OVERHEAD = 200;

/**
 * An entry keeps its text (until somebody wants bytes) or its bytes; the object and other encodings come and go with the budget.
 */
export class CachedEntry implements Entry, Forgetful {
  readonly key: string;
  readonly revision: number;
  generation = 0;
  readonly #home: EntryHome;
  /** Stored text, or the bytes of the wire. */
  #source: string | Buffer;
  #object: KubeObject | undefined;
  /** The forgotten object: informers and others may well have kept it. */
  #faded: WeakRef<KubeObject> | undefined;
  #labels: Entry['labels'] | undefined;
  #fields: Entry['fields'] | undefined;
  #memos: Map<string, Buffer> | undefined;
  /** What `at` made last: many watchers ask for the same. */
  #later: CachedEntry | undefined;

  /**
   * `source` is stored text (without resourceVersion) or the bytes of the wire. `object`, where it is at hand, is the same with any
   * resourceVersion; it gets frozen.
   */
  constructor(home: EntryHome, key: string, revision: number, source: string | Buffer, object?: KubeObject) {
    this.#home = home;
    this.key = key;
    this.revision = revision;
    this.#source = source;
    if (object) {
      this.#object = deepFreeze(stampObject(object, revision));
      this.#scan(this.#object);
      home.budget.offer(this, this.#cost);
    }
  }

  get namespace(): string {
    return namespaceOf(this.key);
  }

  get name(): string {
    return nameOf(this.key);
  }

  get labels(): Entry['labels'] {
    if (!this.#labels) this.#scan(this.object);
    return this.#labels!;
  }

  get fields(): Entry['fields'] {
    if (!this.#fields) this.#scan(this.object);
    return this.#fields!;
  }

  get object(): KubeObject {
    if (this.#object) {
      this.#home.budget.use(this, this.generation === 0 ? this.#cost : 0);
      return this.#object;
    }
    const faded = this.#faded?.deref();
    if (faded) return this.#keep(faded);
    const text = typeof this.#source === 'string' ? stampText(this.#source, this.revision) : this.#source.toString();
    return this.#keep(JSON.parse(text));
  }

  get bytes(): Buffer {
    if (typeof this.#source === 'string') this.#source = exactBuffer(stampText(this.#source, this.revision));
    return this.#source;
  }

  memo(format: string, make: () => Buffer): Buffer {
    const known = this.#memos?.get(format);
    if (known) {
      this.#home.budget.use(this, 0);
      return known;
    }
    const made = make();
    this.#memos ??= new Map();
    this.#memos.set(format, made);
    this.#home.budget.use(this, made.length + OVERHEAD);
    return made;
  }

  at(revision: number): CachedEntry {
    if (this.#later?.revision === revision) return this.#later;
    const source = typeof this.#source === 'string' ? this.#source : exactBuffer(restampText(this.#source.toString(), revision));
    const entry = new CachedEntry(this.#home, this.key, revision, source);
    entry.#labels = this.#labels;
    entry.#fields = this.#fields;
    if (this.#object) entry.#keep(stampObject(this.#object, revision));
    this.#later = entry;
    this.#home.budget.use(this, OVERHEAD);
    return entry;
  }

  forget(): void {
    if (this.#object && this.generation > 0) this.#faded = new WeakRef(this.#object);
    this.#object = undefined;
    this.#memos = undefined;
    this.#later = undefined;
  }

  #keep(object: KubeObject): KubeObject {
    this.#object = deepFreeze(object);
    this.#home.budget.use(this, this.#cost);
    return object;
  }

  get #cost(): number {
    return this.#source.length * OBJECT_FACTOR + OVERHEAD;
  }

  #scan(object: KubeObject): void {
    const fields = this.#home.fields(object);
    this.#labels = object.metadata.labels ?? NONE;
    this.#fields = Object.keys(fields).length === 0 ? NONE : fields;
  }
}

/** Not from Node's pool: entries live long, and each would keep a slab of 8 KB alive. */
function exactBuffer(text: string): Buffer {
  const buffer = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  buffer.write(text);
  return buffer;
}
