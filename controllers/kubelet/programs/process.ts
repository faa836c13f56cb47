import {posix} from 'node:path';
import type {Files} from './files.ts';

/** What a program does next. It is answered only where it reads: with bytes, or undefined at the end of its input. */
export type Step =
  /** Milliseconds; infinite: it never ends by itself. */
  | {type: 'wait'; time: number}
  | {type: 'read'}
  | {type: 'write'; stream: Stream; bytes: Buffer}
  /** One more round of a loop begins, with these variables. */
  | {type: 'round'; env: ReadonlyMap<string, string>};

export type Stream = 'stdout' | 'stderr';

/** A program as it runs; what it returns is its exit code. */
export type Program = Steps<number>;
export type Steps<T> = Generator<Step, T, Buffer | undefined>;

/** Where a program runs. */
export interface Process {
  readonly env: Map<string, string>;
  directory: string;
  readonly files: Files;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Somebody sits before it. */
  readonly terminal?: boolean;
  /** Runs another program. */
  run(process: Process, argv: readonly string[]): Program;
  /** What becomes of a program that nobody has heard of. */
  unknown(name: string): Program;
  /** Runs something in the place of a program that may be known. */
  instead?(name: string, program: () => Program): Program | undefined;
  /** Told of a file that is looked for and is not there. */
  absent?(path: string): void;
}

export type Builtin = (process: Process, argv: readonly string[]) => Program;

export function* write(text: string | Buffer, stream: Stream = 'stdout'): Steps<void> {
  if (text.length > 0) yield {type: 'write', stream, bytes: Buffer.from(text as string)};
}

/** Complains as programs do; gives the exit code. */
export function* fail(name: string, message: string, code = 1): Program {
  yield* write(`${name}: ${message}\n`, 'stderr');
  return code;
}

/** Everything that comes in until the end. */
export function* readAll(): Steps<Buffer> {
  const chunks: Buffer[] = [];
  for (let bytes = yield {type: 'read'}; bytes; bytes = yield {type: 'read'}) chunks.push(bytes);
  return Buffer.concat(chunks);
}

export const resolvePath = ({directory}: Process, path: string): string => posix.resolve(directory, path);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Splits arguments into single-letter options and the rest; `valued` are the letters that take a value. */
export function parseOptions(argv: readonly string[], valued = ''): {flags: Map<string, string>; rest: string[]} {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') return {flags, rest: [...rest, ...words]};
    if (word.startsWith('--')) {
      const [name, value] = word.slice(2).split(/=(.*)/s) as [string, string?];
      flags.set(name, value ?? '');
    } else if (word.startsWith('-') && word !== '-') {
      for (let at = 1; at < word.length; at++) {
        const letter = word[at]!;
        if (!valued.includes(letter)) {
          flags.set(letter, '');
          continue;
        }
        flags.set(letter, word.slice(at + 1) || (words.shift() ?? ''));
        break;
      }
    } else rest.push(word);
  }
  return {flags, rest};
}
