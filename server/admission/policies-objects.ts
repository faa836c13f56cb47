import type {KubeObject} from '../api/object.ts';
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

/** The objects of a request in the version it came in. */
export function versionedObjects({resource, kind, object, old}: AdmissionRequest): {
  object: KubeObject | undefined;
  old: KubeObject | undefined;
} {
  const isOwn = kind.kind === resource.kind && kind.group === resource.group;
  const versioned = (one: KubeObject | undefined): KubeObject | undefined => (one && isOwn ? resource.view.fromHub(one) : one);
  return {object: versioned(object), old: versioned(old)};
}

/** Puts another content into the object under admission, which its caller holds too. */
export function replaceObject({resource, kind, object}: AdmissionRequest, versioned: KubeObject): void {
  const isOwn = kind.kind === resource.kind && kind.group === resource.group;
  const next = isOwn ? resource.view.toHub(versioned) : versioned;
  const target = object as unknown as Record<string, unknown>;
  for (const name of Object.keys(target)) if (!Object.hasOwn(next, name)) delete target[name];
  Object.assign(target, next);
}
