import {posix} from 'node:path';
import {gunzipSync, gzipSync} from 'node:zlib';
import {walk} from './file-programs.ts';
import type {Directory, File} from './files.ts';
import type {Process, Program, Steps} from './process.ts';
import {fail, messageOf, resolvePath, write} from './process.ts';

interface Options {
  mode: string;
  file: string;
  directory: string;
  gzip: boolean;
  names: string[];
}

/** Creates, lists and unpacks archives of files and directories: what `kubectl cp` needs. */
export function* tar(process: Process, [name, ...argv]: readonly string[]): Program {
  const {mode, file, directory, gzip, names} = parse(argv);
  const base = resolvePath(process, directory);
  try {
    if (mode === 'c') {
      const archive = pack(process, base, names);
      const bytes = gzip ? gzipSync(archive) : archive;
      if (file === '-') yield* write(bytes);
      else process.files.write(resolvePath(process, file), bytes);
    } else {
      const bytes = file === '-' ? yield* readArchive() : process.files.read(resolvePath(process, file));
      const entries = unpack(bytes[0] === GZIP ? gunzipSync(bytes) : bytes);
      if (mode === 't') yield* write(entries.map(entry => `${entry.path}\n`).join(''));
      else for (const entry of entries) put(process, base, entry);
    }
    return 0;
  } catch (error) {
    return yield* fail(name!, messageOf(error));
  }
}

function parse([first = '', ...rest]: readonly string[]): Options {
  const options: Options = {mode: 'x', file: '-', directory: '.', gzip: false, names: []};
  const words = [first.startsWith('-') ? first : `-${first}`, ...rest];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word.startsWith('--') || !word.startsWith('-') || word === '-') {
      const [, key, value] = /^--(directory|file)=(.*)$/s.exec(word) ?? [];
      if (key === 'directory' || key === 'file') options[key] = value!;
      else if (!word.startsWith('--')) options.names.push(word);
      continue;
    }
    for (const letter of word.slice(1)) {
      if ('cxt'.includes(letter)) options.mode = letter;
      if (letter === 'z') options.gzip = true;
      if (letter === 'f') options.file = words.shift() ?? '-';
      if (letter === 'C') options.directory = words.shift() ?? '.';
    }
  }
  return options;
}

const BLOCK = 512;
/** How compressed bytes begin. */
const GZIP = 0x1f;

function pack({files}: Process, base: string, names: readonly string[]): Buffer {
  const blocks: Buffer[] = [];
  for (const name of names) {
    const node = files.find(posix.resolve(base, name));
    if (!node) throw new Error(`${name}: No such file or directory`);
    for (const [path, one] of walk(node, name.replace(/^\/+/, '').replace(/\/+$/, '') || '.')) blocks.push(...entryBlocks(path, one));
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

const MAX_NAME = 100;

/** A header in the ustar format and the bytes, filled up to whole blocks. */
function entryBlocks(path: string, node: File | Directory): Buffer[] {
  const name = node.type === 'directory' ? `${path}/` : path;
  const bytes = node.type === 'directory' ? Buffer.alloc(0) : node.bytes;
  const header = Buffer.alloc(BLOCK);
  const cut = Buffer.byteLength(name) > MAX_NAME ? name.lastIndexOf('/', name.length - 2) : -1;
  header.write(cut < 0 ? name : name.slice(cut + 1), 0, MAX_NAME);
  header.write(octal(node.type === 'directory' ? 0o755 : node.mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(bytes.length, 11), 124);
  header.write(octal(Math.floor(node.modified / 1000), 11), 136);
  header.write(' '.repeat(8), 148);
  header.write(node.type === 'directory' ? '5' : '0', 156);
  header.write('ustar\x0000root', 257);
  header.write('root', 297);
  if (cut >= 0) header.write(name.slice(0, cut), 345, 155);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  return [header, bytes, Buffer.alloc(-bytes.length & (BLOCK - 1))];
}

const octal = (value: number, width: number): string => value.toString(8).padStart(width, '0');

interface Entry {
  path: string;
  mode: number;
  /** Undefined: a directory. */
  bytes?: Buffer;
}

/** Reads ustar, and the long names of GNU and PAX. */
function unpack(archive: Buffer): Entry[] {
  const entries: Entry[] = [];
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (header[0] === 0) break;
    const text = (from: number, length: number) =>
      header
        .subarray(from, from + length)
        .toString()
        .replace(/\0.*$/s, '');
    const size = sizeOf(archive, at);
    const bytes = Buffer.from(archive.subarray(at + BLOCK, at + BLOCK + size));
    const prefix = text(257, 5) === 'ustar' && text(345, 155) ? `${text(345, 155)}/` : '';
    const path = longName ?? prefix + text(0, MAX_NAME);
    const type = String.fromCharCode(header[156]!);
    longName = undefined;
    if (type === 'L') longName = bytes.toString().replace(/\0.*$/s, '');
    else if (type === 'x') longName = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(String(bytes))?.[1];
    else if (type === '5') entries.push({path, mode: 0o755});
    else if (type === '0' || type === '\0') entries.push({path, mode: Number.parseInt(text(100, 8), 8) || 0o644, bytes});
    at += entryLength(archive, at);
  }
  return entries;
}

/** Reads no further than the archive's own end, which is a block of zeros: the input may stay open. */
function* readArchive(): Steps<Buffer> {
  let archive = Buffer.alloc(0);
  const more: Buffer[] = [];
  let length = 0;
  let at = 0;
  for (let bytes = yield {type: 'read'}; bytes; bytes = yield {type: 'read'}) {
    more.push(bytes);
    length += bytes.length;
    if (archive[0] === GZIP || length < at + BLOCK) continue;
    archive = Buffer.concat([archive, ...more.splice(0)]);
    for (; archive[0] !== GZIP && at + BLOCK <= length; at += entryLength(archive, at)) if (archive[at] === 0) return archive;
  }
  return Buffer.concat([archive, ...more]);
}

/** Of a header and the whole blocks that follow it. */
const entryLength = (archive: Buffer, at: number): number => BLOCK + Math.ceil(sizeOf(archive, at) / BLOCK) * BLOCK;

const sizeOf = (archive: Buffer, at: number): number =>
  Number.parseInt(
    archive
      .subarray(at + 124, at + 136)
      .toString()
      .replace(/\0.*$/s, ''),
    8,
  ) || 0;

function put({files}: Process, base: string, {path, mode, bytes}: Entry): void {
  const target = posix.resolve(base, path.replace(/^\/+/, ''));
  files.makeDirectory(bytes ? posix.dirname(target) : target, true);
  if (bytes) files.write(target, bytes, mode);
}
