import type {AdmissionRequest} from '../admission/admission.ts';
import type {GroupVersionKind, KubeObject} from '../api/object.ts';
import type {WriteQuery} from '../request/options.ts';
import {shownOptions} from '../request/options.ts';
import type {RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {warn} from '../verbs/strategy-context.ts';

/** What admission is told of a request whose object is of another kind than the resource it belongs to. */
export function subresourceRequest(
  context: RequestContext,
  resource: Resource,
  kind: GroupVersionKind,
  {object, old, query}: {object: KubeObject; old?: KubeObject; query: WriteQuery},
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
    options: shownOptions(old ? 'UpdateOptions' : 'CreateOptions', query),
    dryRun: query.dryRun,
    identity: context.identity,
    warn: message => warn(context, message),
    audit: () => {},
  };
}
