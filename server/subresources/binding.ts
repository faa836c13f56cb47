import {klona} from 'klona/json';
import type {Binding, Pod, PodCondition} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {badRequest, conflict, unknownError} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {decodeBodyAs} from '../request/body.ts';
import type {WriteQuery} from '../request/options.ts';
import {writeQuery} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {ensureNamespace} from '../verbs/metadata.ts';
import {modify} from '../verbs/modify.ts';
import {checkPreconditions} from '../verbs/update.ts';
import {subresourceRequest} from './admission.ts';

const BINDING = {group: '', version: 'v1', kind: 'Binding'};

/** POST of a Binding to a pod: gives it its node, once (pkg/registry/core/pod/storage, BindingREST). */
export async function bind(environment: Environment, context: RequestContext, pods: Resource): Promise<ApiResponse> {
  const query = writeQuery(context.request.query, 'CreateOptions');
  const binding = (await decodeBodyAs(environment, context, BINDING, query.fieldValidation)) as unknown as Binding;
  const {name, namespace} = context.info;
  ensureNamespace(pods, binding.metadata, namespace);
  await admit(environment, context, pods, binding, query);
  if (binding.metadata.name !== name) throw badRequest('name in URL does not match name in Binding object');
  return assign(environment, context, pods, binding, query);
}

/** POST to the collection of bindings, which names the pod in its body. */
export async function bindNamed(environment: Environment, context: RequestContext, bindings: Resource): Promise<ApiResponse> {
  const query = writeQuery(context.request.query, 'CreateOptions');
  const binding = (await decodeBodyAs(environment, context, BINDING, query.fieldValidation)) as unknown as Binding;
  ensureNamespace(bindings, binding.metadata, context.info.namespace);
  await admit(environment, context, bindings, binding, query);
  return assign(environment, context, environment.registry.find('', 'v1', 'pods')!, binding, query);
}

async function assign(
  environment: Environment,
  context: RequestContext,
  pods: Resource,
  binding: Binding,
  query: WriteQuery,
): Promise<ApiResponse> {
  checkTarget(binding);
  const name = binding.metadata.name!;
  await modify(environment, context, {
    resource: pods,
    namespace: context.info.namespace,
    name,
    subresource: 'binding',
    rules: {},
    query,
    owned: true,
    admitted: true,
    unchecked: true,
    transform(live) {
      checkPreconditions(pods, binding.metadata, live, query.dryRun);
      return bound(live as unknown as Pod, binding, environment);
    },
  });
  return {
    status: 201,
    headers: {},
    body: {type: 'object', object: {kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201}},
  };
}

function checkTarget({target}: Binding): void {
  const errors: string[] = [];
  if (target.kind !== undefined && target.kind !== '' && target.kind !== 'Node') {
    errors.push(`target.kind: Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`);
  }
  if (!target.name) errors.push('target.name: Required value');
  if (errors.length > 0) throw unknownError(errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`);
}

function bound(pod: Pod, {metadata, target}: Binding, {clock}: Environment): KubeObject {
  const refuse = (why: string) => conflict({group: '', resource: 'pods/binding'}, pod.metadata.name!, why);
  if (pod.metadata.deletionTimestamp !== undefined) throw refuse(`pod ${pod.metadata.name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName) throw refuse(`pod ${pod.metadata.name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if (pod.spec.schedulingGates?.length) throw refuse(`pod ${pod.metadata.name} has non-empty .spec.schedulingGates`);
  const {nodeName: _none, ...spec} = pod.spec;
  // The promise of a node is kept now.
  const {nominatedNodeName: _promised, ...status} = pod.status ?? {};
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: formatTime(clock.now()),
  } as unknown as PodCondition;
  const conditions = [...(pod.status?.conditions ?? []).filter(({type}) => type !== 'PodScheduled'), scheduled];
  const {resourceVersion: _version, ...kept} = pod.metadata;
  return klona({
    ...pod,
    metadata: {
      ...kept,
      ...(metadata.labels && {labels: {...pod.metadata.labels, ...metadata.labels}}),
      ...(metadata.annotations && {annotations: {...pod.metadata.annotations, ...metadata.annotations}}),
    },
    spec: {nodeName: target.name!, ...spec},
    status: {...status, conditions},
  }) as unknown as KubeObject;
}

async function admit(
  environment: Environment,
  context: RequestContext,
  resource: Resource,
  binding: Binding,
  query: WriteQuery,
): Promise<void> {
  const request = subresourceRequest(context, resource, BINDING, {
    object: binding as unknown as KubeObject,
    query,
  });
  await environment.admission.admit(request);
  await environment.admission.validate(request);
}
