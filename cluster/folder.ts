import {accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {explain, StartError} from './errors.ts';

/** Where a cluster keeps its data, its authority and, unless told otherwise, its kubeconfig. */
export interface Folder {
  readonly path: string;
  /** Made for one run: its data need not survive anything but a killed process. */
  readonly temporary: boolean;
  /** Removes a temporary folder; does nothing to another, nor a second time. */
  remove(): void;
}

/** Opens the given folder, or makes a temporary one. Throws StartError if it cannot be written to. */
export function openFolder(path: string | undefined): Folder {
  if (path === undefined) return temporaryFolder();
  try {
    makeFolder(path);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StartError(`cannot write to the data folder ${path}: ${explain(error)}`, error);
  }
  return {path, temporary: false, remove() {}};
}

/** Makes a folder and those above it. Node's own recursive mkdir never ends where a folder cannot be made for want of its parent (/proc/x). */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

function temporaryFolder(): Folder {
  let path: string;
  try {
    path = mkdtempSync(join(tmpdir(), 'kubedouble-'));
  } catch (error) {
    throw new StartError(`cannot make a temporary folder: ${explain(error)}`, error);
  }
  return {path, temporary: true, remove: () => rmSync(path, {recursive: true, force: true, maxRetries: 2})};
}
