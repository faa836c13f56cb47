import type {Json} from '../../api/json.ts';
import {isObject} from '../../api/json.ts';
import {parseJson} from '../../schema/parse-json.ts';

/** What a string of JSON holds, or what encoding/json says of one that cannot be read into the Go type. */
export type Reading<T> = {readonly value: T | null} | {readonly error: string};

/** Reads a text that has to be an object or a list (or null, which is taken). */
export function readJson<T>(text: string | Buffer, shape: 'object' | 'array', goType: string): Reading<T> {
  try {
    const {value} = typeof text === 'string' ? parseJson(text) : parseJson(text.toString('latin1'), true);
    if (value === null || kindOf(value) === shape) return {value: value as T | null};
    return {error: `json: cannot unmarshal ${kindOf(value)} into Go value of type ${goType}`};
  } catch (error) {
    return {error: (error as Error).message};
  }
}

const kindOf = (value: Json): string =>
  Array.isArray(value) ? 'array' : isObject(value) ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value;
