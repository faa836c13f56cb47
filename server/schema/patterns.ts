import {RE2JS} from 're2js';

/** Regular expressions as Go has them (RE2: linear time, no look-around), compiled once per schema. */
export interface Pattern {
  readonly source: string;
  /** Matches anywhere in the text. */
  test(text: string): boolean;
}

/** Throws with RE2's message for a pattern it does not take. */
export function compilePattern(source: string): Pattern {
  const compiled = RE2JS.compile(source);
  return {source, test: text => compiled.matcher(text).find()};
}
