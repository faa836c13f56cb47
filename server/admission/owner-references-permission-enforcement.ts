import type {AccessAttributes} from '../access/authorizer.ts';
import type {OwnerReference} from '../api/object.ts';
import {parseGroupVersion} from '../api/object.ts';
import {jsonEqual} from '../patch/equal.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refuse} from './admission.ts';

/**
 * Who changes owners must be allowed to delete the object, who lets it hold up an owner's deletion to update that owner's finalizers
 * (plugin/pkg/admission/gc). Off by default.
 */
export const ownerReferencesPermissionEnforcement: AdmissionPlugin = {
  name: 'OwnerReferencesPermissionEnforcement',
  handles: ({operation, object, old, subresource, resource}) =>
    (operation === 'CREATE' || operation === 'UPDATE') &&
    !(resource.resource === 'pods' && subresource !== '' && subresource !== 'status') &&
    !jsonEqual(object?.metadata.ownerReferences ?? [], old?.metadata.ownerReferences ?? []),
  async validate(request, lookup) {
    if (request.operation === 'UPDATE') await checkDeletion(request, lookup);
    const held = new Set((request.old?.metadata.ownerReferences ?? []).filter(blocks).map(({uid}) => uid));
    for (const owner of (request.object!.metadata.ownerReferences ?? []).filter(blocks)) {
      if (!held.has(owner.uid)) await checkOwner(request, lookup, owner);
    }
  },
};

const blocks = ({blockOwnerDeletion}: OwnerReference): boolean => blockOwnerDeletion === true;

async function checkDeletion(request: AdmissionRequest, {authorizer}: AdmissionLookup): Promise<void> {
  const {resource, subresource, namespace, name, identity} = request;
  const {group, version} = resource;
  const {allowed} = await authorizer({
    ...NOTHING,
    identity,
    verb: 'delete',
    group,
    version,
    resource: resource.resource,
    subresource,
    namespace,
    name,
  });
  if (!allowed) throw refuse(request, "cannot set an ownerRef on a resource you can't delete: , <nil>");
}

async function checkOwner(
  request: AdmissionRequest,
  {authorizer, findKind}: AdmissionLookup,
  {apiVersion, kind, name}: OwnerReference,
): Promise<void> {
  const {group, version} = parseGroupVersion(apiVersion) ?? {group: '', version: apiVersion};
  const owner = findKind({group, version, kind});
  const start = 'cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion';
  if (owner === undefined)
    throw refuse(
      request,
      `${start} ${apiVersion} Kind ${kind}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`,
    );
  const {allowed} = await authorizer({
    ...NOTHING,
    identity: request.identity,
    verb: 'update',
    group,
    version,
    resource: owner.resource,
    subresource: 'finalizers',
    namespace: owner.namespaced ? request.namespace : '',
    name,
  });
  if (!allowed)
    throw refuse(request, "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>");
}

const NOTHING: Pick<AccessAttributes, 'isResource' | 'path'> = {isResource: true, path: ''};
