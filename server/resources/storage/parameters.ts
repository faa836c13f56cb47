import type {FieldError, FieldPath} from '../../api/field.ts';
import {invalid, required, tooLong} from '../../api/field.ts';
import {collect} from '../rules.ts';

const MAX_COUNT = 512;
const MAX_SIZE = 256 * 1024;

/** Parameters for a driver: opaque, but named and not too many (validateParameters). */
export function validateParameters(parameters: {[key: string]: string} | undefined, path: FieldPath, mustBeThere: boolean): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  const size = entries.reduce((total, [key, value]) => total + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (entries.length > MAX_COUNT) return [tooLong(path, MAX_COUNT)];
  return collect(
    mustBeThere && entries.length === 0 && required(path, 'must contain at least one key/value pair'),
    entries.filter(([key]) => key === '').map(([key]) => invalid(path, key, 'field can not be empty.')),
    size > MAX_SIZE && tooLong(path, MAX_SIZE),
  );
}
