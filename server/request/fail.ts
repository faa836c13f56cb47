import type {JsonObject} from '../api/json.ts';
import {ApiError, internalError} from '../api/status.ts';
import type {ApiRequest, ApiResponse} from './request.ts';

/** A failure of the pipeline itself, which is told in plain text (k8s.io/apiserver/pkg/endpoints/handlers/responsewriters InternalError). */
export class PlainInternalError extends Error {}

/** Renders a failure: an ApiError as its Status, anything else as a 500 that `report` is told of. */
export function failed(error: unknown, {path, query}: ApiRequest, report: (error: unknown) => void): ApiResponse {
  if (error instanceof PlainInternalError) {
    const uri = query.size === 0 ? path : `${path}?${query}`;
    return plainText(500, `Internal Server Error: ${JSON.stringify(uri)}: ${error.message}`);
  }
  if (!(error instanceof ApiError)) report(error);
  const {status} = error instanceof ApiError ? error : internalError('an unexpected error in the server');
  const seconds = status.details?.retryAfterSeconds;
  return {
    status: status.code!,
    headers: seconds === undefined ? {} : {'Retry-After': String(seconds)},
    body: {type: 'object', object: status as unknown as JsonObject},
  };
}

/** As Go's http.Error says it. */
export const plainText = (status: number, text: string): ApiResponse => ({
  status,
  headers: {'X-Content-Type-Options': 'nosniff'},
  body: {type: 'text', text: `${text}\n`, contentType: 'text/plain; charset=utf-8'},
});
