import type {DeleteOptions, ObjectKey, ResourceType, WriteOptions} from './client.ts';
import type {JsonObject} from './json.ts';

// How a client's calls look as requests: what every ApiClient sends, by socket or without.

export const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

export const APPLY_TYPE = 'application/apply-patch+yaml';

/** Where objects of a type are listed and created; without namespace: all of them. */
export function collectionPath({group, version, resource, namespaced}: ResourceType<unknown>, namespace: string | undefined): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced && namespace !== undefined ? `${root}/namespaces/${encodeURIComponent(namespace)}/${resource}` : `${root}/${resource}`;
}

export const objectPath = (type: ResourceType<unknown>, {namespace, name}: ObjectKey, subresource?: string): string =>
  `${collectionPath(type, namespace)}/${encodeURIComponent(name)}${subresource ? `/${subresource}` : ''}`;

/** Options as query parameters; what is undefined is left out. */
export function queryOf(options: object): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) if (value !== undefined) parameters.set(name, String(value));
  return parameters;
}

export const writeQuery = ({dryRun, fieldManager, fieldValidation}: WriteOptions): URLSearchParams =>
  queryOf({dryRun: dryRun ? 'All' : undefined, fieldManager, fieldValidation});

/** The DeleteOptions that a deletion carries as its body. */
export const deleteBody = ({dryRun, ...options}: DeleteOptions): JsonObject => ({
  kind: 'DeleteOptions',
  apiVersion: 'v1',
  ...options,
  ...(dryRun && {dryRun: ['All']}),
});
