import type {Process} from './process.ts';

/** A shell that runs. */
export interface Shell {
  readonly process: Process;
  /** `$0`, `$1`, … */
  args: readonly string[];
  /** `$?` */
  status: number;
  /** Out of what it is going at the moment. */
  leaving?: 'break' | 'continue' | 'exit';
  /** `set -e` */
  strict: boolean;
  /** It looks at a condition, whose failure is no failure. */
  testing: number;
}

export const newShell = (process: Process, args: readonly string[] = ['sh']): Shell => ({
  process,
  args,
  status: 0,
  strict: false,
  testing: 0,
});
