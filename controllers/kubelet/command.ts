import {parseScript} from './shell.ts';

/** What a container's simple command does, in milliseconds from its start. */
export interface Run {
  readonly output: readonly Output[];
  /** Undefined: it runs until it is stopped. */
  readonly exit?: {readonly at: number; readonly code: number};
  /** Written again and again, each round `period` ms after the one before, from `from` on. */
  readonly loop?: {readonly from: number; readonly period: number; readonly output: readonly Output[]};
  /** What it left in its termination log. */
  readonly terminationMessage?: string;
}

export interface Output {
  readonly at: number;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface CommandOptions {
  readonly env: ReadonlyMap<string, string>;
  /** Where a container leaves its last words; writing there is understood. */
  readonly terminationMessagePath?: string;
  /** It is a container's own command: programs that do one thing and end are taken to have done it, without a word. */
  readonly own?: boolean;
}

/**
 * Understands `sleep N`, `true`, `false`, `echo …`, `printf …` and `sh -c` scripts of these with `exit N`, `;`, `&&`, `||`, variables
 * and `while true` loops. Undefined: the command says nothing that is understood.
 */
export function interpretCommand(argv: readonly string[], options: CommandOptions): Run | undefined {
  const [program, ...rest] = argv;
  if (program === undefined) return undefined;
  const name = baseName(program);
  if (SHELLS.has(name)) {
    const option = rest.findIndex(argument => /^-[a-z]*c$/.test(argument));
    const script = option < 0 ? undefined : rest[option + 1];
    return script === undefined ? undefined : runScript(script, options);
  }
  const step = simpleCommand(name, rest, options);
  return step && toRun(step);
}

/** `$(NAME)` in commands, arguments and values of variables; `$$(NAME)` is left as `$(NAME)`. */
export const expandReferences = (text: string, env: ReadonlyMap<string, string>): string =>
  text.replace(/\$\$|\$\(([^)]*)\)/g, (all, name: string | undefined) => (all === '$$' ? '$' : (env.get(name!) ?? all)));

const SHELLS = new Set(['sh', 'bash', 'ash', 'dash', 'zsh']);

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The effect of one command: `time` is how long it takes, infinite for ever. */
interface Step {
  time: number;
  code: number;
  output?: string;
}

const NUMBER = /^\d+(\.\d+)?$/;
const UNITS: {readonly [unit: string]: number} = {s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000};

function simpleCommand(name: string, argv: readonly string[], {env, own = false}: CommandOptions): Step | undefined {
  switch (name) {
    case 'true':
    case ':':
      return {time: 0, code: 0};
    case 'false':
      return {time: 0, code: 1};
    case 'sleep':
      return sleepCommand(argv);
    case 'pause':
      return {time: Number.POSITIVE_INFINITY, code: 0};
    case 'echo':
      return {time: 0, code: 0, output: echoed(argv)};
    case 'printf':
      return {time: 0, code: 0, output: printed(argv)};
    case 'env':
    case 'printenv':
      return argv.length === 0 || name === 'printenv' ? environmentCommand(argv, env) : undefined;
    case 'tail':
      return argv.join(' ') === '-f /dev/null' ? {time: Number.POSITIVE_INFINITY, code: 0} : undefined;
    default:
      return own && ONE_SHOT.has(name) ? {time: 0, code: 0} : undefined;
  }
}

/** Of those that charts and manifests run to test, prepare or copy something. */
const ONE_SHOT = new Set(
  'awk cat chgrp chmod chown cp curl cut date df dig env find getent grep head host hostname id install ip ln ls mkdir mv nslookup ps pwd rm rmdir sed sort stat sysctl tar tee test touch tr uname wc wget whoami'.split(
    ' ',
  ),
);

/** All variables, or the values of the named ones. */
function environmentCommand(names: readonly string[], env: ReadonlyMap<string, string>): Step {
  if (names.length === 0) return {time: 0, code: 0, output: [...env].map(([name, value]) => `${name}=${value}\n`).join('')};
  const values = names.filter(name => env.has(name)).map(name => `${env.get(name)}\n`);
  return {time: 0, code: values.length === names.length ? 0 : 1, output: values.join('')};
}

function sleepCommand(argv: readonly string[]): Step | undefined {
  let time = 0;
  for (const argument of argv) {
    if (argument === 'infinity' || argument === 'inf') return {time: Number.POSITIVE_INFINITY, code: 0};
    const unit = argument.at(-1)!;
    const amount = UNITS[unit] ? argument.slice(0, -1) : argument;
    if (!NUMBER.test(amount)) return undefined;
    time += Number(amount) * (UNITS[unit] ?? 1000);
  }
  return argv.length > 0 ? {time, code: 0} : undefined;
}

function echoed(argv: readonly string[]): string {
  let words = [...argv];
  let newline = true;
  let escapes = false;
  while (/^-[neE]+$/.test(words[0] ?? '')) {
    if (words[0]!.includes('n')) newline = false;
    if (words[0]!.includes('e')) escapes = true;
    words = words.slice(1);
  }
  const text = words.join(' ');
  return (escapes ? unescaped(text) : text) + (newline ? '\n' : '');
}

function printed([format = '', ...values]: readonly string[]): string {
  let next = 0;
  return unescaped(format).replace(/%([sd%])/g, (_all, verb: string) =>
    verb === '%' ? '%' : (values[next++] ?? (verb === 'd' ? '0' : '')),
  );
}

const ESCAPES: {readonly [letter: string]: string} = {n: '\n', t: '\t', r: '\r', '\\': '\\', '0': '\0', a: '\x07'};

const unescaped = (text: string): string => text.replace(/\\(.)/g, (all, letter: string) => ESCAPES[letter] ?? all);

const toRun = ({time, code, output}: Step): Run => ({
  output: output ? [{at: 0, stream: 'stdout', text: output}] : [],
  ...(Number.isFinite(time) && {exit: {at: time, code}}),
});

function runScript(script: string, options: CommandOptions): Run | undefined {
  const {env, terminationMessagePath} = options;
  const program = parseScript(script);
  if (!program) return undefined;
  const variables = new Map(env);
  const output: Output[] = [];
  let message: string | undefined;
  let time = 0;
  let code = 0;
  for (const {words, joined, redirect, loop} of program) {
    if ((joined === '&&' && code !== 0) || (joined === '||' && code === 0)) continue;
    if (loop) {
      const body = runScript(loop, {...options, env: variables});
      if (!body?.exit) return body && {output: [...output, ...body.output.map(line => ({...line, at: line.at + time}))]};
      if (body.exit.at === 0) return {output};
      return {output, loop: {from: time, period: body.exit.at, output: body.output}};
    }
    const argv = words(variables);
    if (argv.length === 0) continue;
    const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(argv[0]!);
    if (assignment && argv.length === 1) {
      variables.set(assignment[1]!, assignment[2]!);
      continue;
    }
    const [name, ...rest] = argv[0] === 'exec' ? argv.slice(1) : argv;
    if (name === undefined || name === 'set' || name === 'trap') continue;
    if (name === 'exit')
      return {
        ...ended(output, time, rest[0] === undefined ? code : Number(rest[0]) & 255),
        ...(message !== undefined && {terminationMessage: message}),
      };
    const step = simpleCommand(baseName(name), rest, {...options, env: variables});
    if (!step) return undefined;
    if (step.output) {
      if (redirect === terminationMessagePath && redirect !== undefined) message = (message ?? '') + step.output;
      else if (redirect === undefined || redirect === '&1' || redirect === '&2')
        output.push({at: time, stream: redirect === '&2' ? 'stderr' : 'stdout', text: step.output});
    }
    if (!Number.isFinite(step.time)) return {output};
    time += step.time;
    code = step.code;
    if (argv[0] === 'exec') break;
  }
  return {...ended(output, time, code), ...(message !== undefined && {terminationMessage: message})};
}

const ended = (output: readonly Output[], at: number, code: number): Run => ({output, exit: {at, code}});
