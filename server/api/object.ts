import type {Json, JsonObject} from './json.ts';

export interface GroupVersion {
  group: string;
  version: string;
}

export interface GroupVersionKind extends GroupVersion {
  kind: string;
}

export interface GroupResource {
  group: string;
  resource: string;
}

export type OwnerReference = {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
};

export type ManagedFieldsEntry = {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: JsonObject;
  subresource?: string;
};

/** metav1.ObjectMeta in its JSON form; times are RFC 3339 strings in whole seconds. */
export type ObjectMeta = {
  name?: string;
  generateName?: string;
  namespace?: string;
  selfLink?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string | null;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: {[key: string]: string};
  annotations?: {[key: string]: string};
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
};

/** Any API object: what every kind has. */
export type KubeObject = {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  [field: string]: Json | undefined;
};

export type ListMeta = {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
};

export interface KubeList<T = KubeObject> {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: T[];
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';

/** `apps/v1`, or `v1` for the core group. */
export const formatGroupVersion = ({group, version}: GroupVersion): string => (group === '' ? version : `${group}/${version}`);

/** The inverse of formatGroupVersion; more than one slash is not a group-version: undefined. */
export function parseGroupVersion(text: string): GroupVersion | undefined {
  const parts = text.split('/');
  if (parts.length === 1) return {group: '', version: parts[0]!};
  return parts.length === 2 ? {group: parts[0]!, version: parts[1]!} : undefined;
}

/** `deployments.apps`, or `pods` for the core group, as in messages. */
export const formatGroupResource = ({group, resource}: GroupResource): string => (group === '' ? resource : `${resource}.${group}`);
