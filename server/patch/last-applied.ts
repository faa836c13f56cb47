import type {JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import type {FieldSet} from './field-set.ts';
import {difference, EMPTY} from './field-set.ts';
import type {ManagedResource} from './ownership.ts';
import {ownVersion} from './ownership.ts';
import {compare} from './typed-compare.ts';
import {fieldsOf} from './typed-fields.ts';
import {typedErrors} from './typed-validate.ts';

/** Only this manager's applies look at, and keep up to date, what client-side apply has written. */
export const KUBECTL = 'kubectl';

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
/** Total bytes of all annotations. */
const MAX_ANNOTATIONS = 256 * 1024;

/**
 * Fields that kubectl's client-side apply has set and that still are as it set them: kubectl may take them over from the update entries
 * they belong to (lastappliedmanager.go).
 */
export function allowedByLastApplied(live: KubeObject, resource: ManagedResource): FieldSet {
  const applied = parseObject(live.metadata.annotations?.[ANNOTATION]);
  if (!applied || applied.apiVersion !== ownVersion(resource) || typedErrors(applied, resource.schema).length > 0) return EMPTY;
  const differences = compare(applied, live, resource.schema);
  return [differences?.modified, differences?.added, differences?.removed].reduce<FieldSet>(
    (set, changed) => (changed ? difference(set, changed) : set),
    fieldsOf(applied, resource.schema),
  );
}

function parseObject(text: string | undefined): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Brings the annotation up to date where there is one (lastappliedupdater.go). */
export function withLastApplied(object: KubeObject, applied: JsonObject): KubeObject {
  const {annotations} = isObject(object.metadata) ? object.metadata : {};
  if (!isObject(annotations) || !annotations[ANNOTATION]) return object;
  const {[ANNOTATION]: _previous, ...others} = annotations as {[key: string]: string};
  const updated = {...others, [ANNOTATION]: lastApplied(applied)};
  const size = Object.entries(updated).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)), 0);
  return {...object, metadata: {...object.metadata, annotations: size > MAX_ANNOTATIONS ? others : updated}};
}

/** The configuration as kubectl writes it into the annotation: keys sorted, on a line of its own. */
function lastApplied(applied: JsonObject): string {
  const metadata = isObject(applied.metadata) ? {...applied.metadata} : applied.metadata;
  if (isObject(metadata) && isObject(metadata.annotations)) {
    const {[ANNOTATION]: _annotation, ...annotations} = metadata.annotations;
    metadata.annotations = annotations;
  }
  const sortKeys = (_key: string, value: unknown): unknown =>
    isObject(value) ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))) : value;
  return `${JSON.stringify({...applied, metadata}, sortKeys).replace(
    /[<>&\u2028\u2029]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}\n`;
}
