import type {ParamKind, ParamRef} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {parseGroupVersion} from '../api/object.ts';
import type {LabelSelector} from '../api/selectors.ts';
import {selectsLabels} from '../api/selectors.ts';
import type {Resource} from '../resources/resource.ts';
import type {AdmissionLookup, AdmissionRequest} from './admission.ts';
import {namespaceOf} from './policies-objects.ts';

/** The parameters of one evaluation; undefined: the policy runs without. */
export type Param = KubeObject | undefined;

/** What a policy's parameters are; undefined: it has none. A text says that there is no such kind. */
export function paramResource(kind: ParamKind | undefined, lookup: AdmissionLookup): Resource | string | undefined {
  if (!kind) return undefined;
  const {group, version} = parseGroupVersion(kind.apiVersion ?? '') ?? {group: '', version: ''};
  const missing = `failed to find resource referenced by paramKind: '${group}/${version}, Kind=${kind.kind}'`;
  return lookup.findKind({group, version, kind: kind.kind ?? ''}) ?? missing;
}

/** What a binding's paramRef names: the policy is evaluated once for each. A text says why there are none. */
export function paramsOf(
  resource: Resource | undefined,
  reference: ParamRef | undefined,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): readonly Param[] | string {
  if (!resource || !reference) return [undefined];
  const {group, resource: plural, namespaced, view} = resource;
  if (!namespaced && reference.namespace) return 'paramRef.namespace must not be provided for a cluster-scoped `paramKind`';
  const within = namespaced ? reference.namespace || namespaceOf(request) : '';
  if (namespaced && within === '') return 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources';
  const found = reference.name
    ? [lookup.get(group, plural, within, reference.name)].filter(one => one !== undefined)
    : lookup
        .list(group, plural, within === '' ? undefined : within)
        .filter(({metadata}) => selectsLabels((reference.selector ?? {}) as LabelSelector, metadata.labels ?? {}));
  if (found.length > 0) return found.map(view.fromHub);
  if (reference.parameterNotFoundAction !== 'Deny') return [];
  return 'no params found for policy binding with `Deny` parameterNotFoundAction';
}
