import type {Pod, ResourceResourceClaim} from '../server/api/kinds.generated.ts';
import {
  resourceClaims as claimType,
  pods as podType,
  resourceClaimTemplates as templateType,
} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import {messageOf} from './replicaset.ts';
import type {Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import {keyOf, objectKey} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import {controllerOf, indexByController} from './support/owners.ts';
import {isPodFinished} from './support/pods.ts';

/** Makes the ResourceClaims that pods ask for by template, and frees claims of pods that are done (pkg/controller/resourceclaim). */
export const resourceClaimController: ControllerDefinition = {
  name: 'resourceclaim-controller',
  alias: 'resource-claim-controller',
  serviceAccount: 'resource-claim-controller',
  component: 'resource_claim',
  start,
};

const POD_CLAIM = 'resource.kubernetes.io/pod-claim-name';
const DELETE_PROTECTION = 'resource.kubernetes.io/delete-protection';
const POD = 'pod/';
const CLAIM = 'claim/';

function start(context: ControllerContext): Running[] {
  const {client, events} = context;
  const pods = context.informer(podType);
  const claims = context.informer(claimType);
  const templates = context.informer(templateType);
  const queue = context.queue();
  const ownWrites = createOwnWrites();
  indexByController(claims);

  const podChanged = (pod: Pod) => {
    if (!pod.spec?.resourceClaims?.length) return;
    queue.add(POD + keyOf(pod));
    for (const {resourceClaimName} of [...pod.spec.resourceClaims, ...(pod.status?.resourceClaimStatuses ?? [])]) {
      if (resourceClaimName) queue.add(CLAIM + objectKey(pod.metadata.namespace, resourceClaimName));
    }
  };
  pods.addHandler({added: podChanged, updated: podChanged, deleted: podChanged});
  claims.addHandler({
    added: claim => queue.add(CLAIM + keyOf(claim)),
    updated: claim => queue.add(CLAIM + keyOf(claim)),
    deleted(claim) {
      const owner = controllerOf(claim);
      if (owner?.kind === 'Pod') queue.add(POD + objectKey(claim.metadata.namespace, owner.name));
    },
  });
  templates.addHandler({added: ({metadata}) => pods.list(metadata.namespace).forEach(podChanged)});
  return [context.run(queue, reconcile)];

  async function reconcile(key: string): Promise<void> {
    await ownWrites.shown(key);
    if (key.startsWith(POD)) await syncPod(key, pods.get(key.slice(POD.length)));
    else await syncClaim(key, claims.get(key.slice(CLAIM.length)));
  }

  async function syncPod(key: string, pod: Pod | undefined): Promise<void> {
    if (!pod || pod.metadata.deletionTimestamp || isPodFinished(pod)) return;
    const statuses = [...(pod.status?.resourceClaimStatuses ?? [])];
    for (const {name, resourceClaimTemplateName} of pod.spec?.resourceClaims ?? []) {
      if (!resourceClaimTemplateName || statuses.some(status => status.name === name)) continue;
      const made = claims.by('controller', pod.metadata.uid!).find(({metadata}) => metadata.annotations?.[POD_CLAIM] === name);
      const claim = made ?? (await createClaim(key, pod, name, resourceClaimTemplateName));
      if (claim) statuses.push({name, resourceClaimName: claim.metadata.name});
    }
    if (statuses.length === (pod.status?.resourceClaimStatuses?.length ?? 0)) return;
    const {namespace, name, uid} = pod.metadata;
    const patch = {metadata: {uid}, status: {resourceClaimStatuses: statuses}};
    const written = await client.patch(podType, {namespace, name: name!}, {type: 'strategic', patch}, {subresource: 'status'});
    ownWrites.wrote(key, pods, written);
  }

  async function createClaim(key: string, pod: Pod, name: string, templateName: string): Promise<ResourceResourceClaim | undefined> {
    const {namespace} = pod.metadata;
    const template = templates.get(objectKey(namespace, templateName));
    const target = {apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata};
    if (!template) {
      const message = `PodResourceClaim ${name}: resource claim template "${templateName}": resourceclaimtemplate.resource.k8s.io "${templateName}" not found`;
      events.record(target, 'Warning', 'FailedResourceClaimCreation', message);
      return undefined;
    }
    const {metadata, spec} = template.spec;
    const wanted: ResourceResourceClaim = {
      metadata: {
        generateName: `${pod.metadata.name}-${name}-`,
        namespace,
        ...(metadata?.labels && {labels: metadata.labels}),
        annotations: {...metadata?.annotations, [POD_CLAIM]: name},
        // Unlike other controllers' references this one blocks nothing.
        ownerReferences: [{apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name!, uid: pod.metadata.uid!, controller: true}],
      },
      spec,
    };
    try {
      const claim = await client.create(claimType, wanted);
      ownWrites.wrote(key, claims, claim);
      return claim;
    } catch (error) {
      events.record(
        target,
        'Warning',
        'FailedResourceClaimCreation',
        `PodResourceClaim ${name}: failed to create resource claim: ${messageOf(error)}`,
      );
      throw error;
    }
  }

  /** A claim that was made for a pod goes when the pod does not need it any more. */
  async function removeDone({metadata}: ResourceResourceClaim): Promise<void> {
    const owner = metadata.ownerReferences?.find(({kind, controller}) => kind === 'Pod' && controller);
    const pod = owner && pods.get(objectKey(metadata.namespace, owner.name));
    if (!pod || metadata.deletionTimestamp || (pod.metadata.uid === owner.uid && !isPodFinished(pod))) return;
    await client.delete(claimType, {namespace: metadata.namespace, name: metadata.name!}).catch(error => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }

  /** Pods that are gone or finished free the claim; without any it gives its devices back, and lets itself be deleted. */
  async function syncClaim(key: string, claim: ResourceResourceClaim | undefined): Promise<void> {
    if (!claim) return;
    const {reservedFor: reserved = [], allocation, ...rest} = claim.status ?? {};
    const kept = reserved.filter(({resource, name, uid}) => {
      if (resource !== 'pods') return true;
      const pod = pods.get(objectKey(claim.metadata.namespace, name));
      return pod?.metadata.uid === uid && !isPodFinished(pod);
    });
    const isHeld = claim.metadata.finalizers?.includes(DELETE_PROTECTION) ?? false;
    const isOver = kept.length === 0 && (reserved.length > 0 || (isHeld && claim.metadata.deletionTimestamp !== undefined));
    if (kept.length === reserved.length && !isOver) return kept.length === 0 ? removeDone(claim) : undefined;
    const status = {...rest, ...(kept.length > 0 && {reservedFor: kept, allocation})};
    const freed = await client.update(claimType, {...claim, status}, {subresource: 'status'});
    ownWrites.wrote(key, claims, freed);
    if (!isOver || !isHeld) return;
    const finalizers = freed.metadata.finalizers!.filter(finalizer => finalizer !== DELETE_PROTECTION);
    const released = await client.update(claimType, {...freed, metadata: {...freed.metadata, finalizers}}).catch(error => {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    });
    if (released) ownWrites.wrote(key, claims, released);
  }
}
