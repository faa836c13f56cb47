import {posix} from 'node:path';
import {splitLines} from '../logs.ts';
import {evaluate} from './arithmetic.ts';
import {gather, inputs} from './inputs.ts';
import type {Builtin, Process, Program} from './process.ts';
import {fail, messageOf, parseOptions, readAll, resolvePath, write} from './process.ts';

/** Programs that make, choose and change text. */
export const textPrograms: readonly [string, Builtin][] = [
  ['echo', (_process, [, ...argv]) => print(echoed(argv))],
  ['printf', (_process, [, ...argv]) => print(printed(argv))],
  ['cat', cat],
  ['head', head],
  ['tail', tail],
  ['wc', wc],
  ['grep', grep],
  ['sort', lines((all, flags) => order(all, flags))],
  ['uniq', lines(all => all.filter((line, index) => line !== all[index - 1]))],
  ['tac', lines(all => all.toReversed())],
  ['cut', cut],
  ['tr', tr],
  ['tee', tee],
  ['seq', seq],
  ['yes', yes],
  ['expr', (_process, [, ...argv]) => print(`${evaluate(argv.join(' '), () => undefined)}\n`)],
  ['basename', (_process, [, path = '', suffix]) => print(`${posix.basename(path, suffix)}\n`)],
  ['dirname', (_process, [, path = '']) => print(`${posix.dirname(path)}\n`)],
];

function* print(text: string): Program {
  yield* write(text);
  return 0;
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
  const rest = [...values];
  let text = '';
  do {
    text += unescaped(format).replace(/%(-?0?)(\d*)([sdi%])/g, (_all, fill: string, width: string, verb: string) => {
      if (verb === '%') return '%';
      const value = rest.shift() ?? (verb === 's' ? '' : '0');
      return fill.startsWith('-') ? value.padEnd(Number(width)) : value.padStart(Number(width), fill || ' ');
    });
  } while (rest.length > 0 && /%-?\d*[sdi]/.test(format));
  return text;
}

const ESCAPES: {readonly [letter: string]: string} = {n: '\n', t: '\t', r: '\r', '\\': '\\', '0': '\0', a: '\x07', e: '\x1b'};

const unescaped = (text: string): string => text.replace(/\\(.)/g, (all, letter: string) => ESCAPES[letter] ?? all);

/** Hands on what comes as it comes. */
function* cat(process: Process, [name, ...argv]: readonly string[]): Program {
  const {rest} = parseOptions(argv);
  let code = 0;
  for (const path of rest.length > 0 ? rest : ['-']) {
    try {
      if (path !== '-') yield* write(process.files.read(resolvePath(process, path)));
      else for (let bytes = yield {type: 'read'}; bytes; bytes = yield {type: 'read'}) yield* write(bytes);
    } catch (error) {
      code = yield* fail(name!, `${path}: ${messageOf(error)}`);
    }
  }
  return code;
}

/** `-n 5`, `-5` and `-c 5` of head and tail. */
function counts(argv: readonly string[]): {flags: Map<string, string>; rest: string[]; count: number} {
  const words = argv.map(word => (/^-\d+$/.test(word) ? `-n${word.slice(1)}` : word));
  const {flags, rest} = parseOptions(words, 'nc');
  return {flags, rest, count: Number(flags.get('n') ?? flags.get('c') ?? 10)};
}

function* head(process: Process, [name, ...argv]: readonly string[]): Program {
  const {flags, rest, count} = counts(argv);
  let left = count;
  const {code} = yield* inputs(process, name!, rest, function* (bytes) {
    if (flags.has('c')) {
      yield* write(bytes.subarray(0, left));
      left -= Math.min(left, bytes.length);
    } else {
      const chosen = splitLines(String(bytes)).slice(0, left);
      yield* write(chosen.join(''));
      left -= chosen.length;
    }
    return left > 0;
  });
  return code;
}

function* tail(process: Process, [name, ...argv]: readonly string[]): Program {
  const {flags, rest, count} = counts(argv);
  let all = Buffer.alloc(0);
  // biome-ignore lint/correctness/useYield: it only gathers
  const {code} = yield* inputs(process, name!, rest, function* (bytes) {
    all = Buffer.concat([all, bytes]);
    return true;
  });
  if (flags.has('c')) yield* write(all.subarray(Math.max(0, all.length - count)));
  else if ((flags.get('n') ?? '').startsWith('+'))
    yield* write(
      splitLines(String(all))
        .slice(count - 1)
        .join(''),
    );
  else if (count > 0) yield* write(splitLines(String(all)).slice(-count).join(''));
  if (flags.has('f') || flags.has('F')) yield {type: 'wait', time: Number.POSITIVE_INFINITY};
  return code;
}

function* wc(process: Process, [name, ...argv]: readonly string[]): Program {
  const {flags, rest} = parseOptions(argv);
  const {code, bytes} = yield* gather(process, name!, rest);
  const text = String(bytes);
  const numbers = {l: text.split('\n').length - 1, w: text.split(/\s+/).filter(Boolean).length, c: bytes.length};
  const chosen = Object.entries(numbers).filter(([letter]) => flags.size === 0 || flags.has(letter));
  yield* write(`${[...chosen.map(([, number]) => number), ...rest.slice(0, 1)].join(' ')}\n`);
  return code;
}

function* grep(process: Process, [name, ...argv]: readonly string[]): Program {
  const {flags, rest} = parseOptions(argv, 'emABC');
  const [pattern = '', ...paths] = flags.has('e') ? [flags.get('e')!, ...rest] : rest;
  const source = flags.has('F') ? pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : pattern;
  const matches = new RegExp(flags.has('w') ? `\\b(?:${source})\\b` : source, flags.has('i') ? 'i' : '');
  const {code, bytes} = yield* gather(process, name!, paths);
  const found = splitLines(String(bytes)).filter(line => matches.test(line.replace(/\n$/, '')) !== flags.has('v'));
  if (flags.has('c')) yield* write(`${found.length}\n`);
  else if (!flags.has('q')) yield* write(found.map(line => (line.endsWith('\n') ? line : `${line}\n`)).join(''));
  return code !== 0 ? 2 : found.length > 0 ? 0 : 1;
}

/** A program that does something with all lines at once. */
function lines(change: (all: string[], flags: ReadonlyMap<string, string>) => string[]): Builtin {
  return function* (process, [name, ...argv]) {
    const {flags, rest} = parseOptions(argv, 'kt');
    const {code, bytes} = yield* gather(process, name!, rest);
    const all = splitLines(String(bytes)).map(line => line.replace(/\n$/, ''));
    yield* write(
      change(all, flags)
        .map(line => `${line}\n`)
        .join(''),
    );
    return code;
  };
}

function order(all: readonly string[], flags: ReadonlyMap<string, string>): string[] {
  const sorted = all.toSorted((a, b) => (flags.has('n') ? Number.parseFloat(a) - Number.parseFloat(b) : a < b ? -1 : a > b ? 1 : 0));
  const unique = flags.has('u') ? sorted.filter((line, index) => line !== sorted[index - 1]) : sorted;
  return flags.has('r') ? unique.reverse() : unique;
}

function* cut(process: Process, [name, ...argv]: readonly string[]): Program {
  const {flags, rest} = parseOptions(argv, 'dfc');
  const delimiter = flags.get('d') ?? '\t';
  const wanted = (flags.get('f') ?? flags.get('c') ?? '').split(',').map(range => range.split('-'));
  const chosen = (index: number) =>
    wanted.some(([from, to = from]) => index + 1 >= Number(from || 1) && index + 1 <= (to === '' ? Number.POSITIVE_INFINITY : Number(to)));
  const pick = (line: string) =>
    flags.has('c')
      ? [...line].filter((_, index) => chosen(index)).join('')
      : line.includes(delimiter)
        ? line
            .split(delimiter)
            .filter((_, index) => chosen(index))
            .join(delimiter)
        : line;
  return yield* lines(all => all.map(pick))(process, [name!, ...rest]);
}

const CLASSES: {readonly [name: string]: string} = {'[:upper:]': 'A-Z', '[:lower:]': 'a-z', '[:digit:]': '0-9', '[:space:]': ' \n\t\r'};

/** Every character of a set such as `a-z\n`. */
function characters(set: string): string[] {
  const ranges = unescaped(set.replace(/\[:\w+:\]/g, name => CLASSES[name] ?? ''));
  return (ranges.match(/.-.|./gs) ?? []).flatMap(range => {
    if (range.length === 1) return [range];
    const [from, to] = [range.charCodeAt(0), range.charCodeAt(2)];
    return Array.from({length: Math.max(0, to - from + 1)}, (_, index) => String.fromCharCode(from + index));
  });
}

function* tr(_process: Process, [, ...argv]: readonly string[]): Program {
  const {flags, rest} = parseOptions(argv);
  const [from = [], to = []] = rest.map(characters);
  const text = String(yield* readAll());
  const changed = [...text].map(one => {
    const index = from.indexOf(one);
    return index < 0 ? one : flags.has('d') ? '' : (to[index] ?? to.at(-1) ?? one);
  });
  yield* write(flags.has('s') ? changed.filter((one, index) => one !== changed[index - 1]).join('') : changed.join(''));
  return 0;
}

function* tee(process: Process, [, ...argv]: readonly string[]): Program {
  const {flags, rest} = parseOptions(argv);
  const bytes = yield* readAll();
  for (const path of rest.map(one => resolvePath(process, one))) {
    const known = flags.has('a') ? process.files.find(path) : undefined;
    process.files.write(path, known?.type === 'file' ? Buffer.concat([known.bytes, bytes]) : bytes);
  }
  yield* write(bytes);
  return 0;
}

const MANY = 100_000;

function* seq(_process: Process, [name, ...argv]: readonly string[]): Program {
  const numbers = argv.map(Number);
  if (numbers.length === 0 || numbers.some(Number.isNaN)) return yield* fail(name!, 'invalid number');
  const [first, step, last] =
    numbers.length === 1
      ? [1, 1, numbers[0]!]
      : numbers.length === 2
        ? [numbers[0]!, 1, numbers[1]!]
        : (numbers as [number, number, number]);
  let text = '';
  for (let value = first, count = 0; step > 0 ? value <= last : value >= last; value += step) {
    if (++count > MANY) break;
    text += `${value}\n`;
  }
  yield* write(text);
  return 0;
}

function* yes(_process: Process, [, ...words]: readonly string[]): Program {
  for (let count = 0; count < MANY; count++) yield* write(`${words.join(' ') || 'y'}\n`);
  return 0;
}
