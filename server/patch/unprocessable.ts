import {ApiError} from '../api/status.ts';

/** A patch that cannot be carried out: the generic 422, which says nothing of the cause. */
export const unprocessable = (): ApiError =>
  new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
