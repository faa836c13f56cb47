import {RE2JS} from 're2js';
import type {Value} from './values.ts';
import {failure} from './values.ts';

/** Compiles a pattern as Go has them; a text says what is wrong with it. */
export function compileRegex(pattern: string): RE2JS | string {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Does the pattern match anywhere in the text? */
export function matchesPattern(text: string, pattern: string): Value {
  const compiled = compileRegex(pattern);
  return typeof compiled === 'string' ? failure(compiled) : compiled.matcher(text).find();
}
