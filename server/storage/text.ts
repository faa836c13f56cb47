import type {JsonObject} from '../api/json.ts';
import type {KubeObject, ObjectMeta} from '../api/object.ts';

/*
 * Stored text carries no metadata.resourceVersion, as in etcd: the revision of the row is the version. It is put where Go's ObjectMeta has
 * it, behind the uid.
 */
const HEAD = /^\{(?:"(?:kind|apiVersion)":"[^"\\]*",)*"metadata":\{(?:"(?:name|generateName|namespace|selfLink|uid)":"[^"\\]*",?)*/;
const BEFORE = new Set(['name', 'generateName', 'namespace', 'selfLink', 'uid']);

/** The JSON text of an object as it is stored: without resourceVersion. */
export function storedText(object: KubeObject): string {
  const {resourceVersion, ...metadata} = object.metadata;
  return JSON.stringify(resourceVersion === undefined ? object : {...object, metadata});
}

/** Stored text with the revision as metadata.resourceVersion: what goes over the wire. */
export function stampText(text: string, revision: number): string {
  const head = HEAD.exec(text)?.[0];
  if (head === undefined) return JSON.stringify(stampObject(JSON.parse(text), revision));
  const member = `"resourceVersion":"${revision}"`;
  if (text[head.length] !== '}') return `${head}${member},${text.slice(head.length)}`;
  return `${head}${head.endsWith('{') ? '' : ','}${member}${text.slice(head.length)}`;
}

/** The same object with another resourceVersion, in the place where stampText has it; everything else is shared. */
export function stampObject(object: KubeObject, revision: number): KubeObject {
  const metadata: ObjectMeta = {};
  let stamped = false;
  for (const [key, value] of Object.entries(object.metadata)) {
    if (key === 'resourceVersion') continue;
    if (!stamped && !BEFORE.has(key)) {
      metadata.resourceVersion = String(revision);
      stamped = true;
    }
    (metadata as JsonObject)[key] = value as JsonObject;
  }
  if (!stamped) metadata.resourceVersion = String(revision);
  return {...object, metadata};
}

/** Freezes a JSON value all the way down; what is frozen already is taken to be frozen below. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (Array.isArray(value)) for (const item of value) deepFreeze(item);
  else for (const key in value) deepFreeze(value[key]);
  return value;
}
