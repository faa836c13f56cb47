import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, notSupported, required} from '../../api/field.ts';
import type {RbacSubject, RoleBinding} from '../../api/kinds.generated.ts';
import {isDNS1123Subdomain, isPathSegmentName, nameIsPathSegment} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import {internal, struct} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, named, oneOf, requiredName, requiredText, semanticEqual} from '../rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
const SHOWN = struct({'apiGroup:APIGroup': '', kind: '', name: ''});

/** Upstream: pkg/apis/rbac/v1/defaults.go, pkg/apis/rbac/validation, pkg/registry/rbac/{rolebinding,clusterrolebinding}. */
const strategy = (namespaced: boolean): Strategy => ({
  validateName: nameIsPathSegment,
  allowCreateOnUpdate: true,
  generation: 'none',
  defaults: setDefaults,
  validate: object => validate(object, namespaced),
  validateUpdate(object, old) {
    const [roleRef, before] = [(object as RoleBinding).roleRef, (old as RoleBinding).roleRef];
    return collect(
      validate(object, namespaced),
      !semanticEqual(roleRef, before) && invalid('roleRef', internal(roleRef, SHOWN), 'cannot change roleRef'),
    );
  },
});

export const roleBinding: Strategy = strategy(true);

export const clusterRoleBinding: Strategy = strategy(false);

function setDefaults(object: KubeObject): void {
  const {roleRef, subjects} = object as RoleBinding;
  if (roleRef) roleRef.apiGroup ||= GROUP;
  for (const subject of subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= GROUP;
  }
}

function validate(object: KubeObject, namespaced: boolean): FieldError[] {
  const {roleRef, subjects} = object as RoleBinding;
  const ref = roleRef ?? {apiGroup: '', kind: '', name: ''};
  return collect(
    oneOf(ref.apiGroup, 'roleRef.apiGroup', [GROUP]),
    oneOf(ref.kind, 'roleRef.kind', namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']),
    requiredName(ref.name, 'roleRef.name', isPathSegmentName),
    each(subjects, 'subjects', (subject, path) => validateSubject(subject, namespaced, path)),
  );
}

function validateSubject({kind, apiGroup, name, namespace}: RbacSubject, namespaced: boolean, path: FieldPath): FieldError[] {
  const [ofGroup, ofKind] = [child(path, 'apiGroup'), child(path, 'kind')];
  const unnamed = requiredText(name, child(path, 'name'));
  switch (kind) {
    case 'ServiceAccount':
      return collect(
        unnamed,
        name && named(name, child(path, 'name'), isDNS1123Subdomain),
        apiGroup && notSupported(ofGroup, apiGroup, ['']),
        !namespaced && !namespace && required(child(path, 'namespace')),
      );
    case 'User':
    case 'Group':
      return collect(unnamed, oneOf(apiGroup, ofGroup, [GROUP]));
    default:
      return collect(unnamed, notSupported(ofKind, kind ?? '', ['ServiceAccount', 'User', 'Group']));
  }
}
