import type {JsonObject} from '../api/json.ts';
import {ApiError, internalError} from '../api/status.ts';
import type {ApiResponse} from './request.ts';

/** Renders a failure: an ApiError as its Status, anything else as a 500 that `report` is told of. */
export function failed(error: unknown, report: (error: unknown) => void): ApiResponse {
  if (!(error instanceof ApiError)) report(error);
  const {status} = error instanceof ApiError ? error : internalError('an unexpected error in the server');
  const seconds = status.details?.retryAfterSeconds;
  return {
    status: status.code!,
    headers: seconds === undefined ? {} : {'Retry-After': String(seconds)},
    body: {type: 'object', object: status as unknown as JsonObject},
  };
}
