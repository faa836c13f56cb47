import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

/**
 * Claims a data folder (made if missing) for this process until the returned function is called; a lock left by a process that is gone is
 * taken over. Throws an Error of one plain line when another process has it, or when it cannot be written to.
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'lock');
  const mine = `${process.pid} ${startOf(process.pid)}\n`;
  try {
    mkdirSync(folder, {recursive: true, mode: 0o700});
    const owner = ownerOf(file);
    if (owner !== undefined) throw new Error(`data folder ${folder} is in use by process ${owner}`);
    rmSync(file, {force: true});
    writeFileSync(file, mine, {flag: 'wx'});
  } catch (error) {
    throw plainError(folder, error);
  }
  return () => {
    if (read(file) === mine) rmSync(file, {force: true});
  };
}

function plainError(folder: string, error: unknown): Error {
  const {code, message} = error as NodeJS.ErrnoException;
  switch (code) {
    case undefined:
      return error as Error;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Error(`data folder ${folder} is not writable`);
    case 'ENOTDIR':
      return new Error(`data folder ${folder} is not a folder`);
    case 'EEXIST':
      return new Error(`data folder ${folder} is not a folder or is in use by another process`);
    default:
      return new Error(`data folder ${folder} cannot be used: ${message}`);
  }
}

/** The process that holds the lock, if it still lives: the same number started at another time is another process. */
function ownerOf(file: string): number | undefined {
  const [pid, start] = (read(file) ?? '').trim().split(' ');
  if (!pid || !alive(Number(pid))) return undefined;
  const now = startOf(Number(pid));
  return start === now || now === '-' ? Number(pid) : undefined;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, in the kernel's ticks; `-` where the system does not tell. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  // The second field, the command in parentheses, may hold blanks.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
