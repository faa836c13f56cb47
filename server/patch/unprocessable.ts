import {ApiError} from '../api/status.ts';

/** A patch that cannot be carried out: the generic 422, which says nothing of the cause. */
export function unprocessable(cause?: string): ApiError {
  const error = new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
  if (cause !== undefined) error.cause = cause;
  return error;
}
