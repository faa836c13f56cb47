import type {Clock, Timer} from '../../server/api/clock.ts';
import type {Channels, ExecStatus} from './channels.ts';
import type {Process, Program, Step} from './programs/process.ts';
import {runProgram} from './programs/run-program.ts';

export interface ExecOptions {
  clock: Clock;
  argv: readonly string[];
  process: Process;
  stdin: boolean;
  tty: boolean;
  /** Told of everything that it writes. */
  written?(step: Extract<Step, {type: 'write'}>): void;
}

/** Runs a command in a container as far as it is understood; a shell without a script takes one line after the other. */
export function runCommand(channels: Channels, options: ExecOptions, done: (code: number) => void): void {
  const {argv, process, tty} = options;
  const program = runProgram({...process, terminal: tty}, argv);
  perform(tty ? terminal(channels) : channels, options, program, done);
}

/** How an exec ended, as clients expect it. */
export const exitStatus = (code: number): ExecStatus =>
  code === 0
    ? {metadata: {}, status: 'Success'}
    : {
        metadata: {},
        status: 'Failure',
        message: `command terminated with non-zero exit code: exit status ${code}`,
        reason: 'NonZeroExitCode',
        details: {causes: [{reason: 'ExitCode', message: String(code)}]},
      };

/** A program that goes round and round gives way to others. */
const ROUNDS = 1000;

/** Plays the steps of a program: waits in cluster time, reads what the client sends. */
function perform(channels: Channels, {clock, stdin, written}: ExecOptions, program: Program, done: (code: number) => void): void {
  const input: Buffer[] = [];
  let inputEnded = !stdin;
  let state: 'runs' | 'waits' | 'reads' | 'ended' = 'runs';
  let timer: Timer | undefined;
  let rounds = 0;
  let closed = false;
  const go = (answer?: Buffer) => {
    state = 'runs';
    let next = program.next(answer);
    while (!next.done && state === 'runs') {
      const bytes = act(next.value);
      if (state === 'runs') next = program.next(bytes);
    }
    if (!next.done) return;
    state = 'ended';
    done(next.value);
  };
  const pause = (time: number) => {
    state = 'waits';
    rounds = 0;
    if (Number.isFinite(time) && !closed) timer = clock.after(time, 'work', go);
  };
  /** The answer to a step, unless it has to be waited for. */
  const act = (step: Step): Buffer | undefined => {
    if (step.type === 'write') {
      channels[step.stream](step.bytes);
      written?.(step);
    } else if (step.type === 'wait') pause(step.time);
    else if (step.type === 'round' && ++rounds > ROUNDS) pause(1);
    else if (step.type === 'read' && input.length === 0 && !inputEnded) state = 'reads';
    else if (step.type === 'read') return input.shift();
    return undefined;
  };
  channels.onInput(bytes => {
    input.push(bytes);
    if (state === 'reads') go(input.shift());
  });
  channels.onInputEnd(() => {
    inputEnded = true;
    if (state === 'reads') go();
  });
  // What it has begun with its input comes to its end; it waits for nothing more.
  channels.onClose(() => {
    timer?.cancel();
    closed = true;
    inputEnded = true;
    if (state === 'reads') go();
  });
  go();
}

const END_OF_INPUT = 4;

/** Shows what is typed, ends lines as terminals do, and its input with Ctrl-D. */
function terminal(channels: Channels): Channels {
  let ended = () => {};
  const shown = (bytes: string | Buffer) => channels.stdout(String(bytes).replace(/\r?\n/g, '\r\n'));
  return {
    ...channels,
    stdout: shown,
    stderr: shown,
    onInput: run =>
      channels.onInput(bytes => {
        const at = bytes.indexOf(END_OF_INPUT);
        const typed = String(at < 0 ? bytes : bytes.subarray(0, at)).replace(/\r\n?/g, '\n');
        if (typed !== '') shown(typed);
        if (typed !== '') run(Buffer.from(typed));
        if (at >= 0) ended();
      }),
    onInputEnd(run) {
      ended = run;
      channels.onInputEnd(run);
    },
  };
}
