import {posix} from 'node:path';

export interface File {
  readonly type: 'file';
  bytes: Buffer;
  mode: number;
  /** Milliseconds since the epoch. */
  modified: number;
}

export interface Directory {
  readonly type: 'directory';
  /** Shared by all places where it is mounted. */
  readonly entries: Map<string, File | Directory>;
  modified: number;
  /** Mounted so that nothing below can be changed. */
  readonly readOnly?: boolean;
}

/** The file system of one life of a container. */
export interface ContainerFiles {
  readonly root: Directory;
  readonly startedAt: number;
  /** How many of the files that its command wrote are there already. */
  written: number;
}

/** The file system of one container, in memory. Paths are absolute. What cannot be done is an `Error` in the words of libc. */
export interface Files {
  find(path: string): File | Directory | undefined;
  read(path: string): Buffer;
  write(path: string, bytes: Buffer, mode?: number): void;
  /** With `parents` it may be there already, and what is above it is made too. */
  makeDirectory(path: string, parents?: boolean): void;
  remove(path: string): void;
  /** Puts a file or directory where it is to be seen. */
  mount(path: string, node: File | Directory): void;
}

export const newDirectory = (modified: number, entries: Directory['entries'] = new Map()): Directory => ({
  type: 'directory',
  entries,
  modified,
});

export const newFile = (bytes: Buffer | string, modified: number, mode = 0o644): File => ({
  type: 'file',
  bytes: Buffer.from(bytes as string),
  mode,
  modified,
});

/** With copies of all that is in it. */
export const cloneDirectory = ({entries, modified}: Directory): Directory =>
  newDirectory(modified, new Map([...entries].map(([name, node]) => [name, node.type === 'directory' ? cloneDirectory(node) : {...node}])));

const MISSING = 'No such file or directory';

/** `changed` is told of every file that is written. */
export function createFiles(root: Directory, now: () => number, changed: (path: string, bytes: Buffer) => void = () => {}): Files {
  const find = (path: string): File | Directory | undefined => {
    let node: File | Directory | undefined = root;
    for (const name of namesOf(path)) node = node?.type === 'directory' ? node.entries.get(name) : undefined;
    return node;
  };
  /** The directory that holds what is at the path. */
  const parent = (path: string): Directory => {
    const node = find(posix.dirname(path));
    if (!node) throw new Error(MISSING);
    if (node.type !== 'directory') throw new Error('Not a directory');
    if (isReadOnly(path)) throw new Error('Read-only file system');
    return node;
  };
  const isReadOnly = (path: string): boolean =>
    namesOf(path).some((_, depth, names) => {
      const node = find(`/${names.slice(0, depth).join('/')}`);
      return node?.type === 'directory' && node.readOnly;
    });
  const makeDirectory = (path: string, parents = false): void => {
    const known = find(path);
    if (known && parents && known.type === 'directory') return;
    if (known) throw new Error('File exists');
    if (parents) makeDirectory(posix.dirname(path), true);
    parent(path).entries.set(posix.basename(path), newDirectory(now()));
  };
  return {
    find,
    read(path) {
      const node = find(path);
      if (!node) throw new Error(MISSING);
      if (node.type === 'directory') throw new Error('Is a directory');
      return node.bytes;
    },
    write(path, bytes, mode) {
      const known = find(path);
      if (known?.type === 'directory') throw new Error('Is a directory');
      const directory = parent(path);
      if (known) Object.assign(known, {bytes, modified: now(), ...(mode !== undefined && {mode})});
      else directory.entries.set(posix.basename(path), newFile(bytes, now(), mode));
      changed(path, bytes);
    },
    makeDirectory,
    remove(path) {
      if (!find(path)) throw new Error(MISSING);
      parent(path).entries.delete(posix.basename(path));
    },
    mount(path, node) {
      makeDirectory(posix.dirname(path), true);
      parent(path).entries.set(posix.basename(path), node);
    },
  };
}

const namesOf = (path: string): string[] => path.split('/').filter(name => name !== '');

/** Files that are put together when somebody looks at them for the first time. */
export function lazyFiles(open: () => Files): Files {
  let opened: Files | undefined;
  const files = () => {
    opened ??= open();
    return opened;
  };
  return {
    find: path => files().find(path),
    read: path => files().read(path),
    write: (path, bytes, mode) => files().write(path, bytes, mode),
    makeDirectory: (path, parents) => files().makeDirectory(path, parents),
    remove: path => files().remove(path),
    mount: (path, node) => files().mount(path, node),
  };
}
