/**
 * Keys as a real kube-apiserver lays them out in etcd: `/registry/pods/default/web-1`, `/registry/example.com/widgets/default/w`.
 * A storage owns everything below its prefix; below it lie `namespace/name` or `name`.
 */

/** The smallest key after all that start with `prefix`: etcd's range end, `/registry/pods0` for `/registry/pods/`. */
export const prefixEnd = (prefix: string): string => prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

/** An object's key below its storage's prefix. */
export const objectKey = (namespace: string | undefined, name: string): string => (namespace ? `${namespace}/${name}` : name);

/** The namespace of a key below the prefix; '' for cluster-scoped objects. */
export const namespaceOf = (key: string): string => key.slice(0, Math.max(key.indexOf('/'), 0));

/** The name of a key below the prefix. */
export const nameOf = (key: string): string => key.slice(key.indexOf('/') + 1);

/** Orders keys; -1, 0 or 1. */
export const compareKeys = (a: string, b: string): number => (a < b ? -1 : a === b ? 0 : 1);
