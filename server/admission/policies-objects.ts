import type {Json} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {internalError} from '../api/status.ts';
import {jsonEqual} from '../patch/equal.ts';
import type {Resource} from '../resources/resource.ts';
import type {Decoded} from '../schema/decode.ts';
import {canonical, DecodeError, decodeDocument} from '../schema/decode.ts';
import type {Parsed} from '../schema/document.ts';
import type {AdmissionRequest} from './admission.ts';

const EXEMPT = new Set([
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
]);

/** What decides about admission is not itself decided upon: nobody could undo a mistake. */
export const isExempt = ({resource}: AdmissionRequest): boolean =>
  resource.group === 'admissionregistration.k8s.io' && EXEMPT.has(resource.resource);

/** A request as those see it who want it in a version: the objects are in that of the resource, and are not to be changed. */
export interface VersionedRequest extends AdmissionRequest {
  /** As it came in. */
  readonly original: AdmissionRequest;
}

/** Is the object one of the resource itself? Those of most subresources are not. */
const isOwn = ({resource, kind}: AdmissionRequest): boolean => kind.kind === resource.kind && kind.group === resource.group;

const isAboutNamespace = ({resource, kind}: AdmissionRequest): boolean => resource.group === '' && kind.kind === 'Namespace';

/** The namespace a request is in for hooks: one that is about a namespace is in that. */
export const namespaceOf = (request: AdmissionRequest): string =>
  isAboutNamespace(request) ? request.name || (request.object?.metadata.name ?? '') : request.namespace;

/** The namespace whose object expressions are shown; '' where the request is about one itself, or about what is in none. */
export const shownNamespace = (request: AdmissionRequest): string => (isAboutNamespace(request) ? '' : request.namespace);

/** The request in the version of another resource of the same kind. Rejects with a 500 where it cannot be converted. */
export async function inVersion(request: AdmissionRequest, resource: Resource): Promise<VersionedRequest> {
  const namespace = namespaceOf(request);
  if (!isOwn(request)) return {...request, namespace, original: request};
  const versioned = async (object: KubeObject | undefined) => object && toVersion(object, request.resource, resource);
  return {
    ...request,
    namespace,
    resource,
    kind: {...request.kind, version: resource.version},
    object: await versioned(request.object),
    old: await versioned(request.old),
    original: request,
  };
}

/**
 * An object that a hook has made, as it would be read from a body: in its type's form, without what that does not have (`strict`: which is
 * an error). Throws a 500 where it does not fit its type.
 */
export function decoded(request: AdmissionRequest, object: KubeObject, strict = false): KubeObject {
  if (!isOwn(request) || request.resource.custom) return object;
  let result: Decoded;
  try {
    const document = {value: object as Parsed, duplicates: undefined, strictErrors: [], literals: false};
    result = decodeDocument(document, request.resource.schema, true);
  } catch (error) {
    throw error instanceof DecodeError ? internalError(error.message) : error;
  }
  if (strict && result.strictErrors.length > 0) throw internalError(`strict decoding error: ${result.strictErrors.join(', ')}`);
  return result.object;
}

/** Do two objects of the request's kind say the same? Of built-in kinds, empty lists and maps are none. */
export function sameContent(request: AdmissionRequest, a: KubeObject, b: KubeObject): boolean {
  const {custom, schema} = request.resource;
  const form = (object: KubeObject): Json => (isOwn(request) && !custom ? canonical(object, schema) : object);
  return jsonEqual(form(a), form(b));
}

/** The defaults of the object's kind. */
export function setDefaults(request: AdmissionRequest, object: KubeObject): void {
  if (isOwn(request)) request.resource.strategy.defaults?.(object);
}

/** Puts another content into the object under admission, which its caller holds too. */
export async function replaceObject({original, ...seen}: VersionedRequest, next: KubeObject): Promise<void> {
  const back = isOwn(seen) ? await fromVersion(next, seen.resource, original.resource) : next;
  const target = original.object as unknown as Record<string, unknown>;
  for (const name of Object.keys(target)) if (!Object.hasOwn(back, name)) delete target[name];
  Object.assign(target, back);
}

/** Custom resources are admitted in the version of the request, others in their hub version. */
async function toVersion(object: KubeObject, from: Resource, to: Resource): Promise<KubeObject> {
  if (!from.custom) return to.view.fromHub(object);
  return from.version === to.version ? object : converted(object, to);
}

async function fromVersion(object: KubeObject, from: Resource, to: Resource): Promise<KubeObject> {
  if (!from.custom) return from.view.toHub(object);
  return from.version === to.version ? object : converted(object, to);
}

async function converted(object: KubeObject, {view}: Resource): Promise<KubeObject> {
  if (!view.conversion) return view.fromHub(object);
  try {
    return (await view.conversion.fromHub([object]))[0]!;
  } catch (error) {
    throw internalError((error as Error).message);
  }
}
