import type {KubeObject} from '../api/object.ts';
import {internalError} from '../api/status.ts';
import type {Resource} from '../resources/resource.ts';
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

export interface VersionedObjects {
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
}

/** The objects of a request in the version it is looked at in. Rejects with a 500 where they cannot be converted. */
export async function versionedObjects({resource, kind, object, old}: AdmissionRequest): Promise<VersionedObjects> {
  const isOwn = kind.kind === resource.kind && kind.group === resource.group;
  const versioned = async (one: KubeObject | undefined): Promise<KubeObject | undefined> => (one && isOwn ? inVersion(resource, one) : one);
  return {object: await versioned(object), old: await versioned(old)};
}

/** Puts content in the version that `seen` is looked at in into the object under admission, which its caller holds too. */
export async function replaceObject(seen: AdmissionRequest, versioned: KubeObject): Promise<void> {
  const {resource, kind, object} = seen.original ?? seen;
  const isOwn = kind.kind === resource.kind && kind.group === resource.group;
  // Only built-in kinds are admitted in the hub version.
  const settled = (): KubeObject | Promise<KubeObject> =>
    resource.custom ? inVersion(resource, versioned) : seen.resource.view.toHub(versioned);
  const next = isOwn ? await settled() : versioned;
  const target = object as unknown as Record<string, unknown>;
  for (const name of Object.keys(target)) if (!Object.hasOwn(next, name)) delete target[name];
  Object.assign(target, next);
}

async function inVersion({view}: Resource, object: KubeObject): Promise<KubeObject> {
  if (!view.conversion) return view.fromHub(object);
  try {
    return (await view.conversion.fromHub([object]))[0]!;
  } catch (error) {
    throw internalError((error as Error).message);
  }
}
