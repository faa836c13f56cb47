import type {Builtin, Process, Program} from './process.ts';
import {fail, parseOptions, write} from './process.ts';

/** Programs that wait, and those that tell of the container they run in. */
export const systemPrograms: readonly [string, Builtin][] = [
  ['true', ends(0)],
  [':', ends(0)],
  ['false', ends(1)],
  ['kill', ends(0)],
  ['sync', ends(0)],
  ['sleep', sleep],
  ['pause', forever],
  ['date', date],
  ['uptime', uptime],
  ['env', env],
  ['printenv', printenv],
  ['hostname', ({env: variables}) => say(variables.get('HOSTNAME') ?? 'localhost')],
  ['whoami', () => say('root')],
  ['id', (_process, argv) => say(argv[1] === '-u' || argv[1] === '-g' ? '0' : 'uid=0(root) gid=0(root) groups=0(root)')],
  ['pwd', ({directory}) => say(directory)],
  ['arch', () => say('x86_64')],
  ['nproc', () => say('8')],
  ['uname', uname],
  ['timeout', timeout],
  ['nohup', (process, [, ...argv]) => process.run(process, argv)],
  ['xargs', xargs],
];

function ends(code: number): Builtin {
  // biome-ignore lint/correctness/useYield: it is at its end at once
  return function* () {
    return code;
  };
}

function* say(text: string): Program {
  yield* write(`${text}\n`);
  return 0;
}

const NUMBER = /^\d+(\.\d+)?$/;
const UNITS: {readonly [unit: string]: number} = {s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000};

function* sleep(_process: unknown, [name, ...argv]: readonly string[]): Program {
  let time = 0;
  for (const argument of argv) {
    if (argument === 'infinity' || argument === 'inf') return yield* forever();
    const unit = argument.at(-1) ?? '';
    const amount = UNITS[unit] ? argument.slice(0, -1) : argument;
    if (!NUMBER.test(amount)) return yield* fail(name!, `invalid number '${argument}'`);
    time += Number(amount) * (UNITS[unit] ?? 1000);
  }
  if (argv.length === 0) return yield* fail(name!, 'missing operand');
  yield {type: 'wait', time};
  return 0;
}

function* forever(): Program {
  yield {type: 'wait', time: Number.POSITIVE_INFINITY};
  return 0;
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** In UTC, as the clocks of containers are. */
function* date({now}: {now(): number}, [, ...argv]: readonly string[]): Program {
  const {rest} = parseOptions(argv, 'dr');
  const format = rest.find(word => word.startsWith('+'));
  const invalid = rest.find(word => !word.startsWith('+'));
  if (invalid !== undefined) return yield* fail('date', `invalid date '${invalid}'`);
  const iso = argv.some(word => /^-I|^--iso-8601/.test(word));
  return yield* say(formatDate(now(), format?.slice(1) ?? (iso ? '%Y-%m-%d' : '%a %b %e %H:%M:%S %Z %Y')));
}

const COMPOUNDS: {readonly [letter: string]: string} = {T: '%H:%M:%S', D: '%m/%d/%y', F: '%Y-%m-%d', R: '%H:%M'};

function formatDate(time: number, format: string): string {
  const at = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = DAYS[at.getUTCDay()]!;
  const month = MONTHS[at.getUTCMonth()]!;
  const values: {readonly [letter: string]: () => string} = {
    Y: () => String(at.getUTCFullYear()),
    y: () => two(at.getUTCFullYear() % 100),
    m: () => two(at.getUTCMonth() + 1),
    d: () => two(at.getUTCDate()),
    e: () => String(at.getUTCDate()).padStart(2),
    H: () => two(at.getUTCHours()),
    M: () => two(at.getUTCMinutes()),
    S: () => two(at.getUTCSeconds()),
    N: () => `${String(at.getUTCMilliseconds()).padStart(3, '0')}000000`,
    s: () => String(Math.floor(time / 1000)),
    a: () => day.slice(0, 3),
    A: () => day,
    b: () => month.slice(0, 3),
    B: () => month,
    Z: () => 'UTC',
    z: () => '+0000',
    n: () => '\n',
    '%': () => '%',
  };
  return format.replace(/%([A-Za-z%])/g, (all, letter: string) =>
    COMPOUNDS[letter] ? formatDate(time, COMPOUNDS[letter]) : (values[letter]?.() ?? all),
  );
}

function* uptime({now}: {now(): number}): Program {
  return yield* say(` ${formatDate(now(), '%T')} up 0 min,  0 users,  load average: 0.00, 0.00, 0.00`);
}

function* env(process: Process, [, ...argv]: readonly string[]): Program {
  const variables = new Map(process.env);
  let at = 0;
  for (; argv[at]?.includes('='); at++) {
    const [name, value] = argv[at]!.split(/=(.*)/s) as [string, string];
    variables.set(name, value);
  }
  if (at < argv.length) return yield* process.run({...process, env: variables}, argv.slice(at));
  yield* write([...variables].map(([name, value]) => `${name}=${value}\n`).join(''));
  return 0;
}

function* printenv(process: Process, [, ...names]: readonly string[]): Program {
  if (names.length === 0) return yield* env(process, []);
  const values = names.filter(name => process.env.has(name)).map(name => `${process.env.get(name)}\n`);
  yield* write(values.join(''));
  return values.length === names.length ? 0 : 1;
}

function* uname({env: variables}: Process, [, ...argv]: readonly string[]): Program {
  const facts = {s: 'Linux', n: variables.get('HOSTNAME') ?? 'localhost', r: '6.1.0', v: '#1 SMP', m: 'x86_64', o: 'GNU/Linux'};
  const {flags} = parseOptions(argv);
  const wanted = Object.entries(facts).filter(([letter]) => flags.has('a') || flags.has(letter) || (flags.size === 0 && letter === 's'));
  return yield* say(wanted.map(([, value]) => value).join(' '));
}

/** Nothing takes too long. */
function timeout(process: Process, [, ...argv]: readonly string[]): Program {
  const words = [...argv];
  while (words[0]?.startsWith('-')) if (/^-[sk]$/.test(words.shift()!)) words.shift();
  return process.run(process, words.slice(1));
}

function* xargs(process: Process, [, ...argv]: readonly string[]): Program {
  const words: string[] = [];
  for (let bytes = yield {type: 'read'}; bytes; bytes = yield {type: 'read'}) words.push(...String(bytes).split(/\s+/));
  return yield* process.run(process, [...(argv.length > 0 ? argv : ['echo']), ...words.filter(word => word !== '')]);
}
