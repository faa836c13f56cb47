import type {AdmissionRequest} from '../admission/admission.ts';
import type {JsonObject} from '../api/json.ts';
import type {GroupVersionKind, KubeObject} from '../api/object.ts';
import type {RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {warn} from '../verbs/strategy-context.ts';

/** What admission is told of a request whose object is of another kind than the resource it belongs to. */
export function subresourceRequest(
  context: RequestContext,
  resource: Resource,
  kind: GroupVersionKind,
  {object, old, options, dryRun}: {object: KubeObject; old?: KubeObject; options: JsonObject; dryRun: boolean},
): AdmissionRequest {
  const {namespace, name, subresource} = context.info;
  return {
    operation: old ? 'UPDATE' : 'CREATE',
    resource,
    subresource,
    kind,
    namespace,
    name: name || (object.metadata.name ?? ''),
    object,
    old,
    options: {...options, apiVersion: 'meta.k8s.io/v1', ...(dryRun && {dryRun: ['All']})},
    dryRun,
    identity: context.identity,
    warn: message => warn(context, message),
    audit: () => {},
  };
}
