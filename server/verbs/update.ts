import {klona} from 'klona/json';
import type {KubeObject} from '../api/object.ts';
import {badRequest, conflict} from '../api/status.ts';
import {authorizeCreation} from '../request/authorize.ts';
import {decodeBody} from '../request/body.ts';
import {writeQuery} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {createObject} from './create.ts';
import type {Environment} from './environment.ts';
import {storageKey} from './environment.ts';
import {ensureNamespace} from './metadata.ts';
import {modify} from './modify.ts';

/** PUT of an object, or of a subresource that has the object's own kind. */
export async function update(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const {name, namespace, subresource} = context.info;
  const query = writeQuery(context.request.query, 'UpdateOptions');
  const body = await decodeBody(environment, context, resource, query.fieldValidation);
  ensureName(body, name);
  ensureNamespace(resource, body.metadata, namespace);
  const created = resource.strategy.allowCreateOnUpdate && (subresource === '' || subresource === 'status');
  return modify(environment, context, {
    resource,
    namespace,
    name,
    subresource,
    query,
    transform: live => {
      checkPreconditions(resource, {uid: body.metadata.uid}, live, query.dryRun);
      return klona(body);
    },
    ...(created && {
      create: async () => {
        await authorizeCreation(environment.authorizer, context.identity, context.info);
        return createObject(environment, context, resource, withoutVersion(body), query);
      },
    }),
  });
}

export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** A version that the object had elsewhere does not keep a PUT from creating it. */
function withoutVersion(body: KubeObject): KubeObject {
  const {resourceVersion: _version, ...metadata} = body.metadata;
  return {...body, metadata};
}

function ensureName({metadata}: KubeObject, name: string): void {
  if (!metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (metadata.name !== name) throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
}

/** Whoever names another uid or version means an object that is gone; the text shows the storage's insides (storage.Preconditions). */
export function checkPreconditions(resource: Resource, wanted: Preconditions, {metadata}: KubeObject, dryRun: boolean): void {
  const failed = (what: string, precondition: string, found: string | undefined): void => {
    // A dry run never gets to the prefix.
    const prefix = dryRun ? resource.storagePrefix!.replace(/^\/registry/, '') : resource.storagePrefix;
    const key = storageKey(resource, metadata.namespace ?? '', metadata.name!);
    throw conflict(
      resource,
      metadata.name!,
      `StorageError: invalid object, Code: 4, Key: ${prefix}${key}, ResourceVersion: 0, AdditionalErrorMsg: ` +
        `Precondition failed: ${what} in precondition: ${precondition}, ${what} in object meta: ${found}`,
    );
  };
  if (wanted.uid && wanted.uid !== metadata.uid) failed('UID', wanted.uid, metadata.uid);
  const {resourceVersion} = wanted;
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) failed('ResourceVersion', resourceVersion, metadata.resourceVersion);
}
