import type {FieldError, FieldPath} from '../../api/field.ts';
import {invalid} from '../../api/field.ts';

/** No `..` among the parts of a path. */
export const validateNoBacksteps = (value: string, path: FieldPath): FieldError[] =>
  value.includes('..') && value.split('/').includes('..') ? [invalid(path, value, "must not contain '..'")] : [];

/** A path below where it starts. */
export const validateDescendingPath = (value: string, path: FieldPath): FieldError[] => [
  ...(value.startsWith('/') ? [invalid(path, value, 'must be a relative path')] : []),
  ...validateNoBacksteps(value, path),
];

/** A descending path that does not start with `..` in any way, which volumes keep for themselves. */
export const validateNonReservedPath = (value: string, path: FieldPath): FieldError[] => [
  ...validateDescendingPath(value, path),
  ...(value.startsWith('..') && !value.startsWith('../') ? [invalid(path, value, "must not start with '..'")] : []),
];

/** Bits of a file's mode. */
export const validateFileMode = (mode: number | undefined, path: FieldPath): FieldError[] =>
  mode !== undefined && (mode > 0o777 || mode < 0)
    ? [invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
    : [];
