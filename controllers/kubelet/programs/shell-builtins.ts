import {posix} from 'node:path';
import {programs} from './index.ts';
import type {Program} from './process.ts';
import {fail, resolvePath, write} from './process.ts';
import type {Shell} from './shell-state.ts';

type ShellBuiltin = (shell: Shell, argv: readonly string[]) => Program;

/** The commands that change the shell that runs them; `eval`, `exec`, `command` and `.` run others and belong to it. */
export const shellBuiltins: ReadonlyMap<string, ShellBuiltin> = new Map<string, ShellBuiltin>([
  ['cd', changeDirectory],
  ['exit', leave('exit')],
  ['return', leave('exit')],
  ['break', leave('break')],
  ['continue', leave('continue')],
  ['export', assign],
  ['local', assign],
  ['readonly', assign],
  ['unset', unset],
  ['set', set],
  ['shift', shift],
  ['trap', nothing],
  ['wait', nothing],
  ['umask', nothing],
  ['read', read],
  ['type', which],
]);

function* changeDirectory({process}: Shell, [name, path = '/root']: readonly string[]): Program {
  const target = resolvePath(process, path);
  const node = process.files.find(target);
  if (node?.type !== 'directory')
    return yield* fail(name!, `can't cd to ${path}: ${node ? 'Not a directory' : 'No such file or directory'}`);
  process.directory = target;
  return 0;
}

function leave(out: 'exit' | 'break' | 'continue'): ShellBuiltin {
  // biome-ignore lint/correctness/useYield: it has nothing to do but to go
  return function* (shell, [, code]) {
    shell.leaving = out;
    return out !== 'exit' ? 0 : code === undefined ? shell.status : Number(code) & 255;
  };
}

// biome-ignore lint/correctness/useYield: it only changes variables
function* assign({process}: Shell, [, ...words]: readonly string[]): Program {
  for (const word of words) {
    const [name, value] = word.split(/=(.*)/s) as [string, string?];
    if (value !== undefined) process.env.set(name, value);
  }
  return 0;
}

// biome-ignore lint/correctness/useYield: it only changes variables
function* unset({process}: Shell, [, ...names]: readonly string[]): Program {
  for (const name of names) process.env.delete(name);
  return 0;
}

// biome-ignore lint/correctness/useYield: it only changes the shell
function* set(shell: Shell, [, ...words]: readonly string[]): Program {
  for (const word of words) {
    if (/^-[a-z]*e/.test(word)) shell.strict = true;
    if (/^\+[a-z]*e/.test(word)) shell.strict = false;
  }
  return 0;
}

// biome-ignore lint/correctness/useYield: it only changes the shell
function* shift(shell: Shell, [, count = '1']: readonly string[]): Program {
  shell.args = [shell.args[0]!, ...shell.args.slice(1 + Number(count))];
  return 0;
}

// biome-ignore lint/correctness/useYield: nothing is to be done
function* nothing(): Program {
  return 0;
}

/** One line; what comes after it is lost. */
function* read({process}: Shell, [, ...words]: readonly string[]): Program {
  const names = words.filter(word => !word.startsWith('-'));
  const line = yield {type: 'read'};
  const [first = ''] = String(line ?? '').split('\n');
  const parts = first.trim().split(/\s+/);
  for (const [index, name] of names.entries())
    process.env.set(name, index === names.length - 1 ? parts.slice(index).join(' ') : (parts[index] ?? ''));
  return line === undefined ? 1 : 0;
}

function* which(_shell: Shell, [, ...names]: readonly string[]): Program {
  for (const name of names) {
    if (!programs.has(posix.basename(name))) return yield* fail('sh', `${name}: not found`, 127);
    yield* write(`${name} is /bin/${name}\n`);
  }
  return 0;
}
