import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';

const MAIN = fileURLToPath(new URL('../../cluster/cli/main.ts', import.meta.url));

/** The command line in a process of its own, with what it has written so far. */
export interface Program {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the exit code, null after a signal. */
  readonly exit: Promise<number | null>;
}

/** Starts `kubedouble` from the sources. */
export function startProgram(args: readonly string[], env: {[name: string]: string} = {}): Program {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    env: {...process.env, ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return {process: child, stdout: () => stdout, stderr: () => stderr, exit: once(child, 'close').then(([code]) => code as number | null)};
}

/** Waits until the program has said where it serves: the URL and the kubeconfig. Throws what it said if it ends before. */
export async function whenServing(program: Program): Promise<{url: string; kubeconfig: string}> {
  for (;;) {
    const match = /(https:\S+)[\s\S]*?export KUBECONFIG=(\S+)\n/.exec(program.stdout());
    if (match) return {url: match[1]!, kubeconfig: match[2]!};
    const ended = await Promise.race([program.exit.then(() => true), once(program.process.stdout!, 'data').then(() => false)]);
    if (ended) throw new Error(`kubedouble ended: ${program.stderr()}${program.stdout()}`);
  }
}
