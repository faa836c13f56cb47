import {posix} from 'node:path';
import type {Directory, File} from './files.ts';
import type {Builtin, Process, Program, Steps} from './process.ts';
import {fail, messageOf, parseOptions, resolvePath, write} from './process.ts';

/** Programs that show and change files. */
export const filePrograms: readonly [string, Builtin][] = [
  ['ls', ls],
  ['mkdir', forEach((process, path, flags) => process.files.makeDirectory(path, flags.has('p')), 'm')],
  ['touch', forEach(({files}, path) => files.find(path) ?? files.write(path, Buffer.alloc(0)))],
  ['rm', forEach(remove)],
  ['rmdir', forEach(({files}, path) => files.remove(path))],
  ['chmod', forEach(exists, '', 1)],
  ['chown', forEach(exists, '', 1)],
  ['cp', copy(false)],
  ['mv', copy(true)],
  ['find', find],
  ['dd', dd],
  ['stat', forEach(exists, 'c')],
  ['realpath', (process, [, path = '']) => say(resolvePath(process, path))],
  ['readlink', (process, [, ...argv]) => say(resolvePath(process, argv.at(-1) ?? ''))],
  ['which', which],
  ['mktemp', mktemp],
];

function* say(text: string): Program {
  yield* write(`${text}\n`);
  return 0;
}

type Change = (process: Process, path: string, flags: ReadonlyMap<string, string>) => unknown;

/** A program that does the same to each file that it is given, after `skip` other words. */
function forEach(change: Change, valued = '', skip = 0): Builtin {
  return function* (process, [name, ...argv]) {
    const {flags, rest} = parseOptions(argv, valued);
    let code = 0;
    for (const path of rest.slice(skip)) {
      try {
        change(process, resolvePath(process, path), flags);
      } catch (error) {
        code = yield* fail(name!, `can't change '${path}': ${messageOf(error)}`);
      }
    }
    return code;
  };
}

function exists({files}: Process, path: string): void {
  if (!files.find(path)) throw new Error('No such file or directory');
}

function remove({files}: Process, path: string, flags: ReadonlyMap<string, string>): void {
  const node = files.find(path);
  if (!node && flags.has('f')) return;
  if (node?.type === 'directory' && !flags.has('r') && !flags.has('R')) throw new Error('Is a directory');
  files.remove(path);
}

function* ls(process: Process, [name, ...argv]: readonly string[]): Program {
  const {flags, rest} = parseOptions(argv);
  let code = 0;
  for (const path of rest.length > 0 ? rest : ['.']) {
    const node = process.files.find(resolvePath(process, path));
    if (!node) {
      code = yield* fail(name!, `${path}: No such file or directory`);
      continue;
    }
    if (rest.length > 1 && node.type === 'directory') yield* write(`${path}:\n`);
    const entries =
      node.type === 'directory' && !flags.has('d') ? [...node.entries].sort(([a], [b]) => (a < b ? -1 : 1)) : [[path, node] as const];
    const shown = entries.filter(([one]) => flags.has('a') || flags.has('A') || !one.startsWith('.') || one === path);
    if (flags.has('l') && node.type === 'directory') yield* write(`total ${shown.length}\n`);
    yield* write(shown.map(([one, file]) => `${flags.has('l') ? `${describe(file)} ` : ''}${one}\n`).join(''));
  }
  return code;
}

const LETTERS = ['---', '--x', '-w-', '-wx', 'r--', 'r-x', 'rw-', 'rwx'];

function describe(node: File | Directory): string {
  const mode = node.type === 'directory' ? 0o755 : node.mode;
  const letters = [6, 3, 0].map(shift => LETTERS[(mode >> shift) & 7]).join('');
  const size = node.type === 'directory' ? 4096 : node.bytes.length;
  const [, day, month, , time] = new Date(node.modified).toUTCString().split(' ');
  return `${node.type === 'directory' ? 'd' : '-'}${letters}    1 root     root     ${String(size).padStart(9)} ${month} ${day} ${time!.slice(0, 5)}`;
}

/** Copies files and whole directories. */
function copy(move: boolean): Builtin {
  return function* (process, [name, ...argv]) {
    const {files} = process;
    const {rest} = parseOptions(argv);
    const target = resolvePath(process, rest.at(-1) ?? '');
    try {
      for (const source of rest.slice(0, -1).map(path => resolvePath(process, path))) {
        const into = files.find(target)?.type === 'directory' ? posix.join(target, posix.basename(source)) : target;
        for (const [path, node] of walk(files.find(source), into))
          if (node.type === 'directory') files.makeDirectory(path, true);
          else files.write(path, node.bytes, node.mode);
        if (!files.find(source)) throw new Error('No such file or directory');
        if (move) files.remove(source);
      }
      return 0;
    } catch (error) {
      return yield* fail(name!, `can't ${move ? 'rename' : 'copy'} '${rest[0] ?? ''}': ${messageOf(error)}`);
    }
  };
}

/** A file or directory with all that is below it. */
export function* walk(node: File | Directory | undefined, path: string): Generator<[string, File | Directory]> {
  if (!node) return;
  yield [path, node];
  if (node.type === 'directory')
    for (const [name, below] of [...node.entries].sort()) yield* walk(below, path === '/' ? `/${name}` : `${path}/${name}`);
}

/** Of all its tests it knows the name and the type. */
function* find(process: Process, [name, ...argv]: readonly string[]): Program {
  const at = argv.findIndex(word => word.startsWith('-'));
  const roots = at < 0 ? argv : argv.slice(0, at);
  const option = (wanted: string) => argv[argv.indexOf(wanted) + 1] ?? '';
  const pattern = argv.includes('-name') ? option('-name').replace(/[.+]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.') : '.*';
  const type = argv.includes('-type') ? (option('-type') === 'd' ? 'directory' : 'file') : undefined;
  let code = 0;
  for (const root of roots.length > 0 ? roots : ['.']) {
    const node = process.files.find(resolvePath(process, root));
    if (!node) code = yield* fail(name!, `${root}: No such file or directory`);
    for (const [path, one] of walk(node, root))
      if ((type === undefined || one.type === type) && new RegExp(`^${pattern}$`).test(posix.basename(path))) yield* write(`${path}\n`);
  }
  return code;
}

const SIZES: {readonly [unit: string]: number} = {'': 1, k: 1024, K: 1024, M: 1024 ** 2, G: 1024 ** 3};
/** What fits into the memory of a simulation. */
const LARGEST = 64 * 1024 ** 2;

/** Copies what it reads; of devices comes nothing but zeros. */
function* dd(process: Process, [name, ...argv]: readonly string[]): Program {
  const option = (key: string) => argv.find(word => word.startsWith(`${key}=`))?.slice(key.length + 1);
  const [, amount = '512', unit = ''] = /^(\d+)([kKMG]?)/.exec(option('bs') ?? '') ?? [];
  const limit = option('count') === undefined ? LARGEST : Number(option('count')) * Number(amount) * SIZES[unit]!;
  const source = option('if');
  try {
    let bytes: Buffer;
    if (source?.startsWith('/dev/')) bytes = Buffer.alloc(source === '/dev/null' ? 0 : Math.min(limit, LARGEST));
    else if (source !== undefined) bytes = process.files.read(resolvePath(process, source)).subarray(0, limit);
    else bytes = yield* readUpTo(limit);
    const target = option('of');
    if (target === undefined) yield* write(bytes);
    else if (target !== '/dev/null') process.files.write(resolvePath(process, target), bytes);
    const records = Math.ceil(bytes.length / (Number(amount) * SIZES[unit]!));
    yield* write(`${records}+0 records in\n${records}+0 records out\n`, 'stderr');
    return 0;
  } catch (error) {
    return yield* fail(name!, `can't open '${source ?? option('of')}': ${messageOf(error)}`);
  }
}

function* readUpTo(limit: number): Steps<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (let bytes = yield {type: 'read'}; bytes; bytes = length < limit ? yield {type: 'read'} : undefined) {
    chunks.push(bytes);
    length += bytes.length;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}

function* which(process: Process, [, ...names]: readonly string[]): Program {
  for (const name of names) {
    if (!process.files.find(`/bin/${name}`)) return 1;
    yield* write(`/bin/${name}\n`);
  }
  return 0;
}

function* mktemp(process: Process, [, ...argv]: readonly string[]): Program {
  const {flags} = parseOptions(argv, 'p');
  const taken = process.files.find('/tmp');
  const path = `/tmp/tmp.${taken?.type === 'directory' ? taken.entries.size : 0}`;
  if (flags.has('d')) process.files.makeDirectory(path, true);
  else process.files.write(path, Buffer.alloc(0), 0o600);
  return yield* say(path);
}
