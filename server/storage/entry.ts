import type {KubeObject} from '../api/object.ts';
import {nameOf, namespaceOf} from './keys.ts';
import type {Forgetful, MemoBudget} from './memo.ts';
import {deepFreeze, stampObject, stampText} from './text.ts';
import type {Entry, StorageConfig} from './types.ts';

/** What all entries of a storage share. */
export interface EntryHome {
  readonly fields: StorageConfig['fields'];
  readonly budget: MemoBudget;
  /** The text that was stored with a revision. Throws CompactedError. */
  readonly read: (revision: number) => string;
}

/** What a write left at hand. */
export interface Written {
  /** As it is stored: without resourceVersion. */
  text: string;
  /** The same, with any resourceVersion; it gets frozen. */
  object?: KubeObject | undefined;
}

/** What can be made again from the row. */
interface Views {
  text: string | undefined;
  bytes: Buffer | undefined;
  object: KubeObject | undefined;
  memos: Map<string, Buffer> | undefined;
  /** What `at` made last: many watchers ask for the same. */
  later: CachedEntry | undefined;
}

const NONE: {readonly [key: string]: string} = Object.freeze({});
// Parsed objects take about this much of their text's length on the heap.
const OBJECT_FACTOR = 4;
const OVERHEAD = 200;
/** The row of an entry that the store is about to forget. */
const NO_ROW = 0;

/** An entry keeps its labels, its selectable fields and the revision under which its text lies in the store; the rest comes and goes with the budget. */
export class CachedEntry implements Entry, Forgetful {
  readonly key: string;
  readonly revision: number;
  generation = 0;
  readonly #home: EntryHome;
  /** The revision that its text was stored with; an older one, where a deletion gave it its own. */
  #row: number;
  #labels: Entry['labels'] | undefined;
  #fields: Entry['fields'] | undefined;
  #views: Views | undefined;

  constructor(home: EntryHome, key: string, revision: number, written?: Written) {
    this.#home = home;
    this.key = key;
    this.revision = revision;
    this.#row = revision;
    if (written) this.#take(written);
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
    const known = this.#views?.object;
    if (known) return this.#used(known);
    const text = this.#wireText;
    const object = deepFreeze(JSON.parse(text) as KubeObject);
    this.#derived(text.length * OBJECT_FACTOR).object = object;
    return object;
  }

  get glance(): KubeObject {
    return this.#views?.object ?? (JSON.parse(this.#wireText) as KubeObject);
  }

  get bytes(): Buffer {
    const known = this.#views?.bytes;
    if (known) return this.#used(known);
    const bytes = exactBuffer(stampText(this.#text, this.revision));
    const views = this.#derived(bytes.length);
    views.bytes = bytes;
    if (this.#row !== NO_ROW) views.text = undefined;
    return bytes;
  }

  memo(format: string, make: () => Buffer): Buffer {
    const known = this.#views?.memos?.get(format);
    if (known) return this.#used(known);
    const made = make();
    const views = this.#derived(made.length + OVERHEAD);
    views.memos ??= new Map();
    views.memos.set(format, made);
    return made;
  }

  at(revision: number): CachedEntry {
    const known = this.#views?.later;
    if (known?.revision === revision) return known;
    const later = new CachedEntry(this.#home, this.key, revision);
    later.#row = this.#row;
    later.#labels = this.#labels;
    later.#fields = this.#fields;
    const {text, object} = this.#views ?? {};
    const views = later.#derived(OVERHEAD);
    views.text = text;
    if (object) views.object = deepFreeze(stampObject(object, revision));
    this.#derived(OVERHEAD).later = later;
    return later;
  }

  /** Takes over what it has in common with the state before: a cluster's history is mostly changes of status. */
  share(previous: CachedEntry): void {
    if (sameValues(this.#labels, previous.#labels)) this.#labels = previous.#labels;
    if (sameValues(this.#fields, previous.#fields)) this.#fields = previous.#fields;
  }

  forget(): void {
    this.#views = this.#row === NO_ROW ? {...emptyViews(), text: this.#views!.text} : undefined;
  }

  /** The store is about to forget the row: whoever may still have the entry in hand (a list that is being sent) finds the text here. */
  hold(): void {
    if (this.#row === NO_ROW) return;
    const text = this.#text;
    this.#views ??= emptyViews();
    this.#views.text = text;
    this.#views.later?.hold();
    this.#row = NO_ROW;
  }

  get #wireText(): string {
    return this.#views?.bytes?.toString() ?? stampText(this.#text, this.revision);
  }

  get #text(): string {
    return this.#views?.text ?? this.#home.read(this.#row);
  }

  #take({text, object}: Written): void {
    const views = emptyViews();
    views.text = text;
    if (object) {
      views.object = deepFreeze(stampObject(object, this.revision));
      this.#scan(views.object);
    }
    this.#views = views;
    this.#home.budget.offer(this, text.length * (object ? OBJECT_FACTOR : 1) + OVERHEAD);
  }

  #used<T>(view: T): T {
    // What it was written with counts from the first time that somebody uses it.
    const bytes = this.generation === 0 ? (this.#views?.text?.length ?? 0) * OBJECT_FACTOR : 0;
    this.#home.budget.use(this, bytes);
    return view;
  }

  /** The views, to which so many bytes are added. */
  #derived(bytes: number): Views {
    // Before anything is added: the budget may make others forget, and this one as well.
    this.#home.budget.use(this, bytes);
    this.#views ??= emptyViews();
    return this.#views;
  }

  #scan(object: KubeObject): void {
    const fields = this.#home.fields(object);
    this.#labels = object.metadata.labels ?? NONE;
    this.#fields = Object.keys(fields).length === 0 ? NONE : fields;
  }
}

const emptyViews = (): Views => ({text: undefined, bytes: undefined, object: undefined, memos: undefined, later: undefined});

function sameValues(a: Entry['labels'] | undefined, b: Entry['labels'] | undefined): boolean {
  if (!a || !b) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every(key => a[key] === b[key]);
}

/** Not from Node's pool: entries live long, and each would keep a slab of 8 KB alive. */
function exactBuffer(text: string): Buffer {
  const buffer = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  buffer.write(text);
  return buffer;
}
