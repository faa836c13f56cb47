import {posix} from 'node:path';
import {programs} from './index.ts';
import {interactiveShell} from './interactive.ts';
import type {Process, Program} from './process.ts';
import {resolvePath} from './process.ts';
import {runScript} from './shell.ts';
import {newShell} from './shell-state.ts';

const SHELLS = new Set(['sh', 'bash', 'ash', 'dash', 'zsh']);

/** Runs any program: a shell with its script, or another one that is known. */
export function* runProgram(process: Process, argv: readonly string[]): Program {
  const name = posix.basename(argv[0] ?? '');
  const program = programs.get(name);
  const run = () => (program ? program(process, argv) : process.unknown(argv[0] ?? ''));
  return yield* SHELLS.has(name) ? startShell(process, argv) : (process.instead?.(name, run) ?? run());
}

function* startShell(process: Process, [name, ...rest]: readonly string[]): Program {
  const at = rest.findIndex(word => /^-[a-z]*c$/.test(word));
  const strict = rest.some(word => /^-[a-z]*e[a-z]*$/.test(word));
  const own = {...process, env: new Map(process.env)};
  if (at >= 0) {
    const [script = '', zero = name!, ...args] = rest.slice(at + 1);
    return yield* runScript({...newShell(own, [zero, ...args]), strict}, script);
  }
  const file = rest.find(word => !word.startsWith('-'));
  if (file === undefined) return yield* interactiveShell({...newShell(own), strict});
  const script = process.files.find(resolvePath(process, file));
  if (script?.type !== 'file') return yield* process.unknown(file);
  return yield* runScript({...newShell(own, rest.slice(rest.indexOf(file))), strict}, String(script.bytes));
}
