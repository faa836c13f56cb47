import type {Clock, Timer} from '../../server/api/clock.ts';
import type {Channels, ExecStatus} from './channels.ts';
import type {Output, Run} from './command.ts';
import {interpretCommand} from './command.ts';

export interface ExecOptions {
  clock: Clock;
  argv: readonly string[];
  env: ReadonlyMap<string, string>;
  stdin: boolean;
  tty: boolean;
}

const SHELL = /(^|\/)(ba|a|da|z)?sh$/;

/** Runs a command in a container as far as it is understood; a shell without a script takes one line after the other. */
export function runCommand(channels: Channels, options: ExecOptions): void {
  const {argv, stdin} = options;
  if (SHELL.test(argv[0] ?? '') && argv.length === 1 && stdin) runShell(channels, options);
  else perform(channels, options, argv, code => channels.end(exitStatus(code)));
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

const NOT_FOUND = 127;

/** Plays what the command does in cluster time. */
function perform(channels: Channels, {clock, env, tty}: ExecOptions, argv: readonly string[], done: (code: number) => void): void {
  const run = interpretCommand(argv, {env}) ?? understood(argv, env);
  const write = ({stream, text}: Pick<Output, 'stream' | 'text'>) => {
    const shown = tty ? text.replaceAll('\n', '\r\n') : text;
    if (stream === 'stderr' && !tty) channels.stderr(shown);
    else channels.stdout(shown);
  };
  if (!run) {
    write({stream: 'stderr', text: `${argv[0]}: not found: a simulated container understands simple commands only\n`});
    done(NOT_FOUND);
    return;
  }
  const timers: Timer[] = [];
  const later = (delay: number, what: () => void) => (delay === 0 ? what() : void timers.push(clock.after(delay, 'work', what)));
  channels.onClose(() => timers.forEach(timer => void timer.cancel()));
  for (const output of run.output) later(output.at, () => write(output));
  if (run.exit) later(run.exit.at, () => done(run.exit!.code));
}

/** What containers can tell of themselves. */
function understood([program = '', ...rest]: readonly string[], env: ReadonlyMap<string, string>): Run | undefined {
  const says = (text: string): Run => ({output: [{at: 0, stream: 'stdout', text}], exit: {at: 0, code: 0}});
  switch (program.slice(program.lastIndexOf('/') + 1)) {
    case 'env':
      return rest.length === 0 ? says([...env].map(([name, value]) => `${name}=${value}\n`).join('')) : undefined;
    case 'printenv':
      return env.has(rest[0] ?? '') ? says(`${env.get(rest[0]!)}\n`) : {output: [], exit: {at: 0, code: 1}};
    case 'hostname':
      return says(`${env.get('HOSTNAME')}\n`);
    case 'whoami':
      return says('root\n');
    case 'pwd':
      return says('/\n');
    default:
      return undefined;
  }
}

const PROMPT = '# ';

/** One line after the other; `exit` or the end of input ends it. */
function runShell(channels: Channels, options: ExecOptions): void {
  const {tty} = options;
  const waiting: string[] = [];
  let rest = '';
  let busy = false;
  let ended = false;
  let code = 0;
  const prompt = () => {
    if (tty) channels.stdout(PROMPT);
  };
  const next = () => {
    if (busy) return;
    const line = waiting.shift();
    if (line === undefined) {
      if (ended) channels.end(exitStatus(code));
      return;
    }
    const exit = /^\s*exit(?:\s+(\d+))?\s*$/.exec(line);
    if (exit) return channels.end(exitStatus(exit[1] === undefined ? code : Number(exit[1]) & 255));
    busy = true;
    perform(channels, options, line.trim() === '' ? ['true'] : ['sh', '-c', line], result => {
      busy = false;
      code = result;
      prompt();
      next();
    });
  };
  channels.onInput(bytes => {
    if (tty) channels.stdout(bytes.toString().replaceAll('\r', '\r\n'));
    const lines = (rest + bytes.toString()).split(/\r?\n|\r/);
    rest = lines.pop()!;
    waiting.push(...lines);
    if (tty && bytes.includes(4)) ended = true;
    next();
  });
  channels.onInputEnd(() => {
    ended = true;
    if (rest !== '') waiting.push(rest);
    next();
  });
  prompt();
}
