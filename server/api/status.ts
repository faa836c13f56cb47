import type {JsonObject} from './json.ts';
import type {GroupResource} from './object.ts';
import {formatGroupResource} from './object.ts';

/** One entry of Status.details.causes. */
export type StatusCause = {
  reason?: string;
  message?: string;
  field?: string;
};

export type StatusDetails = {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
};

/** metav1.Status. */
export type Status = {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: JsonObject;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code?: number;
};

/** A failure that the client gets as a Status. Thrown anywhere, rendered once (request/fail.ts). */
export class ApiError extends Error {
  readonly status: Status;

  constructor(code: number, reason: string | undefined, message: string, details?: StatusDetails) {
    super(message);
    this.name = 'ApiError';
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason && {reason}),
      ...(details && {details}),
      code,
    };
  }

  /** By name: where this module is loaded twice, as under test runners, each copy's errors are the other's too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'ApiError';
  }

  get code(): number {
    return this.status.code!;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }
}

/** Is it an ApiError with one of these reasons (any reason if none is named)? */
export const isApiError = (error: unknown, ...reasons: string[]): error is ApiError =>
  error instanceof ApiError && (reasons.length === 0 || reasons.includes(error.reason));

/** For `catch`: nothing comes of what is not there; any other error is thrown again. */
export function ignoreNotFound(error: unknown): undefined {
  if (!isApiError(error, 'NotFound')) throw error;
}

const named = (resource: GroupResource, name: string, more?: StatusDetails): StatusDetails => ({
  ...(name && {name}),
  ...(resource.group && {group: resource.group}),
  ...(resource.resource && {kind: resource.resource}),
  ...more,
});

// The catalogue (k8s.io/apimachinery/pkg/api/errors): one function per failure, with upstream's text.

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);

export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');

export const forbidden = (resource: GroupResource, name: string, why: string, causes?: StatusCause[]): ApiError => {
  const what = formatGroupResource(resource);
  const message =
    resource.resource === ''
      ? `forbidden: ${why}`
      : name === ''
        ? `${what} is forbidden: ${why}`
        : `${what} "${name}" is forbidden: ${why}`;
  return new ApiError(403, 'Forbidden', message, named(resource, name, causes && {causes}));
};

export const notFound = (resource: GroupResource, name: string): ApiError =>
  new ApiError(404, 'NotFound', `${formatGroupResource(resource)} "${name}" not found`, named(resource, name));

/** An unknown resource below a served group-version; the message is apimachinery's generic server response. */
export const resourceNotFound = (): ApiError => new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});

export const methodNotAllowed = (resource: GroupResource, verb: string): ApiError =>
  new ApiError(
    405,
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind "${formatGroupResource(resource)}"`,
    named(resource, ''),
  );

export const notAcceptable = (message: string): ApiError => new ApiError(406, 'NotAcceptable', message);

export const alreadyExists = (resource: GroupResource, name: string): ApiError =>
  new ApiError(409, 'AlreadyExists', `${formatGroupResource(resource)} "${name}" already exists`, named(resource, name));

/** A second create while the first object is still being deleted. */
export const beingDeleted = (resource: GroupResource, name: string): ApiError =>
  new ApiError(
    409,
    'AlreadyExists',
    `object is being deleted: ${formatGroupResource(resource)} "${name}" already exists`,
    named(resource, name),
  );

export const conflict = (resource: GroupResource, name: string, why: string): ApiError =>
  new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${formatGroupResource(resource)} "${name}": ${why}`,
    named(resource, name),
  );

export const OBJECT_MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

export const expired = (message: string): ApiError => new ApiError(410, 'Expired', message);

export const requestEntityTooLarge = (message: string): ApiError => new ApiError(413, 'RequestEntityTooLarge', message);

export const unsupportedMediaType = (message: string): ApiError => new ApiError(415, 'UnsupportedMediaType', message);

export const internalError = (message: string): ApiError =>
  new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, {causes: [{message}]});

/** Errors of upstream code that no constructor wrapped: a 500 that carries only a message. */
export const unknownError = (message: string): ApiError => new ApiError(500, undefined, message);

export const serviceUnavailable = (message: string): ApiError => new ApiError(503, 'ServiceUnavailable', message);

/** A read at a revision that does not exist yet (k8s.io/apiserver/pkg/storage/errors.go). */
export const tooLargeResourceVersion = (wanted: number, current: number, retryAfterSeconds = 1): ApiError =>
  new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{reason: 'ResourceVersionTooLarge', message: 'Too large resource version'}],
    retryAfterSeconds,
  });
