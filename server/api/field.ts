import type {Json} from './json.ts';
import type {GroupVersionKind} from './object.ts';
import type {StatusCause} from './status.ts';
import {ApiError} from './status.ts';

/** field.ErrorType; the name is the cause's reason on the wire. */
export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'InternalError'
  | 'FieldValueTypeInvalid';

/** One validation failure; `message` is what follows `field: ` (k8s.io/apimachinery/pkg/util/validation/field). */
export interface FieldError {
  type: FieldErrorType;
  field: string;
  message: string;
}

/** A path to a field as messages print it: `spec.containers[0].name`, `metadata.labels[a/b]`. Plain strings, made by these two. */
export type FieldPath = string;

export const child = (path: FieldPath, ...names: string[]): FieldPath => {
  let result = path;
  for (const name of names) if (name !== '') result = result === '' ? name : `${result}.${name}`;
  return result;
};
export const at = (path: FieldPath, index: number | string): FieldPath => `${path}[${index}]`;

/**
 * A bad value as Go prints it in messages: strings quoted, numbers and booleans plain, lists and objects as their JSON
 * (field.Error.ErrorBody; JSON is what most of the recordings show). `raw` prints a string as it is.
 */
export const formatValue = (value: Json | undefined): string => {
  if (value === undefined || value === null) return 'null';
  return JSON.stringify(value);
};

const detailed = (head: string, detail: string): string => (detail === '' ? head : `${head}: ${detail}`);

export const required = (field: FieldPath, detail = ''): FieldError => ({
  type: 'FieldValueRequired',
  field,
  message: detailed('Required value', detail),
});

export const invalid = (field: FieldPath, value: Json | undefined, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  message: detailed(`Invalid value: ${formatValue(value)}`, detail),
});

/** Invalid, of a value that is not shown (field.OmitValueType). */
export const invalidOmitted = (field: FieldPath, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  message: detailed('Invalid value', detail),
});

export const duplicate = (field: FieldPath, value: Json | undefined): FieldError => ({
  type: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: ${formatValue(value)}`,
});

export const notSupported = (field: FieldPath, value: Json | undefined, supported: readonly string[]): FieldError => ({
  type: 'FieldValueNotSupported',
  field,
  message: detailed(
    `Unsupported value: ${formatValue(value)}`,
    supported.length > 0 ? `supported values: ${[...supported].map(value => JSON.stringify(value)).join(', ')}` : '',
  ),
});

export const forbiddenField = (field: FieldPath, detail: string): FieldError => ({
  type: 'FieldValueForbidden',
  field,
  message: detailed('Forbidden', detail),
});

export const notFoundField = (field: FieldPath, value: Json | undefined): FieldError => ({
  type: 'FieldValueNotFound',
  field,
  message: `Not found: ${formatValue(value)}`,
});

export const tooLong = (field: FieldPath, maximum: number): FieldError => ({
  type: 'FieldValueTooLong',
  field,
  message: maximum >= 0 ? `Too long: may not be more than ${maximum} ${maximum === 1 ? 'byte' : 'bytes'}` : 'Too long: value is too long',
});

export const tooMany = (field: FieldPath, actual: number, maximum: number): FieldError => ({
  type: 'FieldValueTooMany',
  field,
  message: `Too many: ${actual}: must have at most ${maximum} ${maximum === 1 ? 'item' : 'items'}`,
});

export const typeInvalid = (field: FieldPath, value: Json | undefined, detail: string): FieldError => ({
  type: 'FieldValueTypeInvalid',
  field,
  message: detailed(`Invalid value: ${formatValue(value)}`, detail),
});

/** 422 Invalid with all causes; equal messages are told once (k8s.io/apimachinery/pkg/api/errors NewInvalid). */
export function invalidObject(
  {group, kind}: Pick<GroupVersionKind, 'group' | 'kind'>,
  name: string,
  errors: readonly FieldError[],
): ApiError {
  const texts = [...new Set(errors.map(error => `${error.field}: ${error.message}`))];
  const list = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
  const what = group === '' ? kind : `${kind}.${group}`;
  const causes: StatusCause[] = errors.map(({type, field, message}) => ({reason: type, message, field}));
  return new ApiError(422, 'Invalid', `${what} "${name}" is invalid${errors.length > 0 ? `: ${list}` : ''}`, {
    ...(name && {name}),
    ...(group && {group}),
    ...(kind && {kind}),
    ...(causes.length > 0 && {causes}),
  });
}
