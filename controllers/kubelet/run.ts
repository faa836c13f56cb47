/** What a container's simple command does, in milliseconds from its start. */
export interface Run {
  readonly output: readonly Output[];
  /** Undefined: it runs until it is stopped. */
  readonly exit?: {readonly at: number; readonly code: number};
  /** Written again and again, each round `period` ms after the one before, from `from` on. */
  readonly loop?: {readonly from: number; readonly period: number; readonly output: readonly Output[]};
  /** What comes after `output`, where every round is another one. */
  readonly rest?: Rest;
  /** It waits for input, and runs only when somebody attaches. */
  readonly reads?: true;
  /** What it left in its termination log. */
  readonly terminationMessage?: string;
  /** The files it has written, in order of time; `rest` adds to them. */
  readonly files?: readonly WrittenFile[];
}

export interface Output {
  readonly at: number;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface WrittenFile {
  readonly at: number;
  readonly path: string;
  readonly bytes: Buffer;
}

/** A command as far as it was played through. */
export interface Plan {
  /** Milliseconds from its start. */
  time: number;
  readonly output: Output[];
  readonly files: WrittenFile[];
  /** Something was done that need not be the same another time. */
  varies: boolean;
}

/** What a command writes that never repeats itself: it is played on as far as it is asked for. */
export interface Rest {
  /** Everything up to this time, as far as it is remembered. */
  until(time: number): readonly Output[];
  /** When it writes next after this time. */
  next(time: number): number | undefined;
}
