import assert from 'node:assert/strict';
import {loadFacts} from '../../../openapi/facts.ts';
import {schemasOf} from '../../../openapi/schemas.ts';
import {isApiError} from '../../../server/api/status.ts';
import type {ManagedResource} from '../../../server/patch/ownership.ts';
import type {StructSchema} from '../../../server/schema/schema.ts';

const schemas = schemasOf(loadFacts());

export const schemaOf = (group: string, version: string, kind: string): StructSchema => schemas.forKind({group, version, kind})!;

const resourceOf = (group: string, version: string, kind: string, subresources: string[] = []): ManagedResource => ({
  group,
  version,
  kind,
  schema: schemaOf(group, version, kind),
  subresources: new Map(subresources.map(name => [name, {}])),
});

export const configMaps = resourceOf('', 'v1', 'ConfigMap');
export const pods = resourceOf('', 'v1', 'Pod', ['status']);
export const services = resourceOf('', 'v1', 'Service', ['status']);
export const deployments = resourceOf('apps', 'v1', 'Deployment', ['status', 'scale']);

/** For assert.throws: an ApiError with this code and message. */
export const apiError = (code: number, message: string) => (error: unknown) => {
  if (!isApiError(error)) throw error;
  return error.code === code && error.message === message;
};

/** What need not be waited for. */
export function atOnce<T>(value: T | Promise<T>): T {
  assert.ok(!(value instanceof Promise));
  return value;
}
