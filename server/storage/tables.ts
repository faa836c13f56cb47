import {closeSync, existsSync, openSync, readSync, statSync} from 'node:fs';
import {join} from 'node:path';
import type {Database, RootDatabase} from 'lmdb';
import {open} from 'lmdb';
import {DICTIONARY} from './dictionary.ts';

/** The layout of new stores, and the newest that this version reads. 1 had no compressed rows; 2 had them, but no dictionary of its own. */
const FORMAT = 3;
const FORMAT_WITHOUT_DICTIONARY = 2;
/** Characters from which on a row is compressed: fewer pages are touched, which count as resident memory. Less is not worth the time. */
const LONG = 1000;
/** Address space for the file. LMDB maps one that outgrows it anew and keeps the old map: what it holds would be resident twice. */
const MAP_SIZE = 1024 ** 3;
const FILE = 'store.mdb';
const MAGIC = 0xbeefc0de;
const MAGIC_OFFSET = 24;

/** The tables of an LMDB store, all in one file. */
export interface Tables {
  /** revision → row (rows.ts), compressed where it is long */
  rows: Database<string, number>;
  /** key → `revision createRevision` */
  keys: Database<string, string>;
  /** `format`; `compacted`, the revision from which on history is complete; `dictionary`, the text against which rows are compressed */
  meta: Database<string, string>;
  /** Carries out what `change` puts and removes as one transaction; resolves when it is as safe as was promised. */
  transact(change: () => Put[]): Promise<void>;
  /** Bytes of the file. */
  size(): number;
  close(): Promise<void>;
}

/** What LMDB answers to a put or a removal. */
export type Put = Promise<boolean>;

/** Opens or makes the tables in a folder. Throws an Error of one plain line for what is no database of ours or of a newer format. */
export function openTables(folder: string, durable: boolean): Tables {
  const encoding = 'string';
  const environment = openFile(folder, durable);
  const meta = environment.openDB<string, string>('meta', {encoding});
  const format = Number(meta.get('format') ?? FORMAT);
  if (format > FORMAT) {
    void environment.close();
    throw new Error(`the data in ${folder} has format ${format}, this version reads up to ${FORMAT}: use a newer version`);
  }
  environment.transactionSync(() => {
    if (!meta.doesExist('format')) meta.putSync('dictionary', DICTIONARY);
    meta.putSync('format', String(meta.doesExist('dictionary') ? FORMAT : FORMAT_WITHOUT_DICTIONARY));
    if (!meta.doesExist('compacted')) meta.putSync('compacted', '1');
  });
  const rows = environment.openDB<string, number>('rows', {encoding, compression: compression(meta.get('dictionary'))});
  const keys = environment.openDB<string, string>('keys', {encoding});
  return {
    rows,
    keys,
    meta,
    transact: durable ? change => transactDurably(environment, change) : change => transactAtOnce(environment, change),
    size: () => statSync(join(folder, FILE)).size,
    close: () => environment.close(),
  };
}

/** Without a dictionary, lmdb takes its own. */
function compression(dictionary: string | undefined): {threshold: number; dictionary?: Buffer} {
  if (dictionary === undefined) return {threshold: LONG};
  // The end beyond whole words of eight bytes would not be used, and not in the same way by reading and writing.
  const words = Buffer.alloc(Math.ceil(Buffer.byteLength(dictionary) / 8) * 8);
  words.write(dictionary);
  return {threshold: LONG, dictionary: words};
}

/** A transaction on the spot costs a fifth of an asynchronous one, but in a durable database it would block until the disk has it. */
async function transactAtOnce(environment: RootDatabase<string, string>, change: () => Put[]): Promise<void> {
  environment.transactionSync(change);
}

async function transactDurably(environment: RootDatabase<string, string>, change: () => Put[]): Promise<void> {
  try {
    // What is put in one turn of the event loop is one transaction. When it fails, each put rejects.
    await Promise.all(change());
  } catch (error) {
    // One more promise rejects, which nobody else looks after.
    environment.committed.then(
      () => {},
      () => {},
    );
    throw (await (error as {commitError?: Promise<never>}).commitError?.catch(cause => cause)) ?? error;
  }
  await environment.flushed;
}

function openFile(folder: string, durable: boolean): RootDatabase<string, string> {
  const file = join(folder, FILE);
  // LMDB brings the whole process down over a file that is not its own.
  if (!isDatabase(file)) throw new Error(`the data in ${folder} cannot be opened: ${FILE} is not a database`);
  try {
    return open<string, string>(file, {
      noSubdir: true,
      encoding: 'string',
      maxDbs: 3,
      pageSize: 8192,
      mapSize: MAP_SIZE,
      ...(!durable && {noSync: true}),
    });
  } catch (error) {
    throw new Error(`the data in ${folder} cannot be opened: ${(error as Error).message}`);
  }
}

function isDatabase(file: string): boolean {
  if (!existsSync(file)) return true;
  const head = Buffer.alloc(MAGIC_OFFSET + 4);
  const descriptor = openSync(file, 'r');
  try {
    const length = readSync(descriptor, head);
    return length === 0 || head.readUInt32LE(MAGIC_OFFSET) === MAGIC;
  } finally {
    closeSync(descriptor);
  }
}
