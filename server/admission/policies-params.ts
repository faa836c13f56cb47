import type {ParamKind, ParamRef} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {parseGroupVersion} from '../api/object.ts';
import type {LabelSelector} from '../api/selectors.ts';
import {selectsLabels} from '../api/selectors.ts';
import type {AdmissionLookup, AdmissionRequest} from './admission.ts';

/** The parameters of one evaluation; undefined: the policy runs without. */
export type Param = KubeObject | undefined;

/** What a binding's paramRef names: the policy is evaluated once for each. A text says why there are none. */
export function paramsOf(
  kind: ParamKind | undefined,
  reference: ParamRef | undefined,
  {namespace}: AdmissionRequest,
  lookup: AdmissionLookup,
): readonly Param[] | string {
  if (!kind || !reference) return [undefined];
  const {group, version} = parseGroupVersion(kind.apiVersion ?? '') ?? {group: '', version: ''};
  const resource = lookup.findKind({group, version, kind: kind.kind ?? ''});
  const shown = group === '' ? `${version}, Kind=${kind.kind}` : `${group}/${version}, Kind=${kind.kind}`;
  if (!resource) return `failed to configure policy: failed to find resource referenced by paramKind: '${shown}'`;
  const within = resource.namespaced ? (reference.namespace ?? namespace) : '';
  if (resource.namespaced && within === '')
    return 'failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources';
  const found = reference.name
    ? [lookup.get(group, resource.resource, within, reference.name)].filter(one => one !== undefined)
    : lookup
        .list(group, resource.resource, within === '' ? undefined : within)
        .filter(({metadata}) => selectsLabels((reference.selector ?? {}) as LabelSelector, metadata.labels ?? {}));
  if (found.length > 0) return found.map(resource.view.fromHub);
  if (reference.parameterNotFoundAction === 'Allow') return [];
  return 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';
}
