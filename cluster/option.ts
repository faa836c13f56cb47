import {resolve} from 'node:path';

/** One row of the table: how an option is written, what it means, what may be given. */
export interface Option<T> {
  readonly type: 'number' | 'string';
  /** What stands behind the flag in the help text. */
  readonly argument: string;
  readonly description: string;
  /** Used when nothing is given; undefined: whoever starts the cluster decides. */
  readonly default: T | undefined;
  /** From the text of a flag or an environment variable. Throws an Error that says what is wanted. */
  parse(text: string): T;
  /** What is wrong with a value, whoever gave it; undefined: nothing. */
  check?(value: T): string | undefined;
}

export function option<T>(row: Omit<Option<T>, 'default'> & {default?: T}): Option<T> {
  return {...row, default: row.default};
}

export function parsePath(text: string): string {
  return resolve(parseText(text));
}

export function parseText(text: string): string {
  if (text === '') throw new Error('must not be empty');
  return text;
}

/** Entries of a list that is written with commas; spaces around them do not count. */
export const listEntries = (text: string): string[] =>
  text
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '');

/** `true` or `false`, as flags of Go programs. */
export const checkBoolean = (value: string): string | undefined =>
  value === 'true' || value === 'false' ? undefined : 'must be true or false';
