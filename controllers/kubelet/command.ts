import {posix} from 'node:path';
import type {Files} from './programs/files.ts';
import {createFiles, lazyFiles, newDirectory} from './programs/files.ts';
import type {Process, Program, Steps} from './programs/process.ts';
import {runProgram} from './programs/run-program.ts';
import {NotUnderstood} from './programs/script.ts';
import {through} from './programs/shell.ts';
import {createRest, take} from './rest.ts';
import type {Plan, Run} from './run.ts';

export interface CommandOptions {
  readonly env: ReadonlyMap<string, string>;
  /** Where a container leaves its last words. */
  readonly terminationMessagePath?: string;
  readonly directory?: string;
  /** When it starts, in milliseconds since the epoch. */
  readonly start?: number;
  /** The files it finds; left out: none. */
  files?(now: () => number, changed: (path: string, bytes: Buffer) => void): Files;
  /** Somebody may type something into it. */
  readonly stdin?: boolean;
  /** It is a container's own command: programs that do one thing and end are taken to have done it. */
  readonly own?: boolean;
}

/**
 * Plays a command through before it runs: programs and scripts of the shell, as far as they are known (programs/).
 * Undefined: the command says nothing that is understood.
 */
export function interpretCommand(argv: readonly string[], options: CommandOptions): Run | undefined {
  if (argv[0] === undefined) return undefined;
  const plan: Plan = {time: 0, output: [], files: [], varies: false};
  try {
    const program = runProgram(planned(plan, options), argv);
    return {...play(program, plan, options), ...leftBehind(plan, options)};
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

/** `$(NAME)` in commands, arguments and values of variables; `$$(NAME)` is left as `$(NAME)`. */
export const expandReferences = (text: string, env: ReadonlyMap<string, string>): string =>
  text.replace(/\$\$|\$\(([^)]*)\)/g, (all, name: string | undefined) => (all === '$$' ? '$' : (env.get(name!) ?? all)));

/** Of those that charts and manifests run to test, prepare or copy something: what they find in their image is not known. */
const ONE_SHOT = new Set(
  'awk cat chgrp chmod chown cp curl cut date df dig env find getent grep head host hostname id install ip ln ls mkdir mv nslookup ps pwd rm rmdir sed sort stat sysctl tail tar tee touch tr uname wc wget whoami'.split(
    ' ',
  ),
);

/** The surroundings of a command that is played through. */
function planned(plan: Plan, {env, directory = '/', start = 0, own = false, files}: CommandOptions): Process {
  const now = () => start + plan.time;
  const changed = (path: string, bytes: Buffer) => {
    plan.varies = true;
    plan.files.push({at: plan.time, path, bytes});
  };
  const unknown = (): never => {
    throw new NotUnderstood();
  };
  return {
    env: new Map(env),
    directory,
    files: lazyFiles(() => files?.(now, changed) ?? emptyFiles(now, changed)),
    now() {
      plan.varies = true;
      return now();
    },
    run: runProgram,
    unknown,
    ...(own && {instead: forgiven, absent: unknown}),
  };
}

const emptyFiles = (now: () => number, changed: (path: string, bytes: Buffer) => void): Files => {
  const files = createFiles(newDirectory(now()), now, changed);
  for (const path of ['/dev', '/tmp']) files.makeDirectory(path);
  return files;
};

const forgiven = (name: string, program: () => Program): Program | undefined =>
  ONE_SHOT.has(posix.basename(name)) ? succeeding(program) : undefined;

/** What it complains of may well be there in the image. */
function* succeeding(program: () => Program): Program {
  try {
    yield* through(program(), function* (step): Steps<Buffer | undefined> {
      return step.type === 'write' && step.stream === 'stderr' ? undefined : yield step;
    });
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
  }
  return 0;
}

/** So many rounds of a loop are played before it is taken to go on for ever. */
const ROUNDS = 20;

function play(program: Program, plan: Plan, {stdin}: CommandOptions): Run {
  let round: {time: number; length: number; env: string} | undefined;
  for (let count = 0, next = program.next(); ; next = program.next()) {
    if (next.done) return {output: plan.output, exit: {at: plan.time, code: next.value}};
    if (stdin && next.value.type === 'read') return {output: plan.output, reads: true};
    if (!take(plan, next.value)) return {output: plan.output};
    if (next.value.type !== 'round') continue;
    const env = JSON.stringify([...next.value.env]);
    if (round && !plan.varies && round.env === env) return repeated(plan, round);
    if (++count > ROUNDS) {
      const rest = createRest(program, plan);
      return {output: plan.output.slice(), rest};
    }
    plan.varies = false;
    round = {time: plan.time, length: plan.output.length, env};
  }
}

/** Every round is as the last one was. */
function repeated({output, time}: Plan, round: {time: number; length: number}): Run {
  const period = time - round.time;
  if (period === 0) return {output};
  const body = output.slice(round.length).map(line => ({...line, at: line.at - round.time}));
  return {output: output.slice(0, round.length), loop: {from: round.time, period, output: body}};
}

function leftBehind({files}: Plan, {terminationMessagePath}: CommandOptions): Pick<Run, 'files' | 'terminationMessage'> {
  const message = files.findLast(({path}) => path === terminationMessagePath);
  return {...(files.length > 0 && {files}), ...(message && {terminationMessage: String(message.bytes)})};
}
