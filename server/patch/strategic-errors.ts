import type {Json, JsonObject} from '../api/json.ts';
import type {ApiError} from '../api/status.ts';
import {unknownError} from '../api/status.ts';
import {formatGoValue, goTypeName} from './go-format.ts';

export const badArgument = (expected: string, actual: Json | undefined): ApiError =>
  unknownError(`expected a ${expected}, but received a ${actual === null || actual === undefined ? '%!s(<nil>)' : goTypeName(actual)}`);

export const noMergeKey = (element: JsonObject, mergeKey: string): ApiError =>
  unknownError(`map: ${formatGoValue(element)} does not contain declared merge key: ${mergeKey}`);

export const unknownDirective = (directive: Json, patch: JsonObject): ApiError => {
  const printed = typeof directive === 'string' ? directive : `%!s(${goTypeName(directive)}=${formatGoValue(directive)})`;
  return unknownError(`unknown patch type: ${printed} in map: ${formatGoValue(patch)}`);
};
