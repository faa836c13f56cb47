import {klona} from 'klona/json';
import type {Eviction, Pod, PodCondition} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {badRequest, unknownError} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {decodeBodyAs} from '../request/body.ts';
import {checkDeleteOptions, writeQuery} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {deleteObject} from '../verbs/delete.ts';
import type {Environment} from '../verbs/environment.ts';
import {existing} from '../verbs/get.ts';
import {ensureNamespace} from '../verbs/metadata.ts';
import {modify} from '../verbs/modify.ts';
import {subresourceRequest} from './admission.ts';
import {takeDisruption} from './disruption.ts';

const EVICTION = {group: 'policy', version: 'v1', kind: 'Eviction', alsoVersion: 'v1beta1'};

/** POST of an Eviction to a pod: asks its budget, marks it as disrupted and deletes it (pkg/registry/core/pod/storage/eviction.go). */
export async function evict(environment: Environment, context: RequestContext, pods: Resource): Promise<ApiResponse> {
  const query = writeQuery(context.request.query, 'CreateOptions');
  const eviction = (await decodeBodyAs(environment, context, EVICTION, query.fieldValidation)) as unknown as Eviction;
  const {name, namespace} = context.info;
  ensureNamespace(pods, eviction.metadata, namespace);
  if (eviction.metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object');
  const admission = subresourceRequest(
    context,
    pods,
    {...EVICTION, version: 'v1'},
    {
      object: eviction as unknown as KubeObject,
      query,
    },
  );
  await environment.admission.admit(admission);
  await environment.admission.validate(admission);
  const {dryRun, ...options} = (eviction.deleteOptions ?? {}) as Parameters<typeof checkDeleteOptions>[0];
  const asked = query.dryRun ? ['All'] : [];
  if (dryRun?.length && asked.length > 0 && dryRun.join() !== asked.join())
    throw unknownError(`Non-matching dry-run options in request and content: [${asked.join(' ')}] and [${dryRun.join(' ')}]`);
  const checked = checkDeleteOptions({...options, ...(dryRun && {dryRun})});
  const dry = query.dryRun || checked.dryRun === true;
  const pod = existing(environment, pods, namespace, name).object as unknown as Pod;
  if (!isDone(pod) && pod.status?.phase !== 'Pending') await takeDisruption(environment, context, pod, dry);
  if (!dry && !isDone(pod)) {
    await modify(environment, context, {
      resource: pods,
      namespace,
      name,
      subresource: 'status',
      rules: {},
      query,
      owned: true,
      admitted: true,
      transform: live => disrupted(live as unknown as Pod, environment),
    });
  }
  await deleteObject(environment, context, pods, name, {...checked, dryRun: dry}, namespace, true);
  return {
    status: 201,
    headers: {},
    body: {type: 'object', object: {kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201}},
  };
}

const isDone = ({metadata, status}: Pod): boolean =>
  metadata.deletionTimestamp !== undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed';

function disrupted(pod: Pod, {clock}: Environment): KubeObject {
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null as unknown as string,
    lastTransitionTime: formatTime(clock.now()),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const conditions = [...(pod.status?.conditions ?? []).filter(({type}) => type !== condition.type), condition];
  return klona({...pod, status: {...pod.status, conditions}}) as unknown as KubeObject;
}
