import type {CertificateSigningRequest} from '../server/api/kinds.generated.ts';
import {certificateSigningRequests as requestType, subjectAccessReviews as reviewType} from '../server/api/resource-types.generated.ts';
import {ignoreNotFound} from '../server/api/status.ts';
import {formatTime} from '../server/api/time.ts';
import {hasCondition, isStale, KUBELET_CLIENT, refusal, SIGNERS} from './certificates-plan.ts';
import type {Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import {keyOf} from './runtime/informer.ts';

const HOUR = 3_600_000;
const YEAR = 365 * 24 * 3600;

const decode = (text: string): string => Buffer.from(text, 'base64').toString();
const encode = (text: string): string => Buffer.from(text).toString('base64');

/** Works on every request that is new or has changed. */
function follow(context: ControllerContext, reconcile: (request: CertificateSigningRequest) => Promise<void>): Running[] {
  const requests = context.informer(requestType);
  const queue = context.queue();
  const changed = (request: CertificateSigningRequest) => queue.add(keyOf(request));
  requests.addHandler({added: changed, updated: changed});
  return [
    context.run(queue, async key => {
      const request = requests.get(key);
      if (request) await reconcile(request);
    }),
  ];
}

/** The request's conditions and this one, which holds since `now` (milliseconds). */
function withCondition({status}: CertificateSigningRequest, type: string, reason: string, message: string, now: number) {
  const time = formatTime(now);
  return [...(status?.conditions ?? []), {type, status: 'True', reason, message, lastUpdateTime: time, lastTransitionTime: time}];
}

/** Signs approved requests of the built-in signers (pkg/controller/certificates/signer). */
export const certificateSigningController: ControllerDefinition = {
  name: 'certificatesigningrequest-signing-controller',
  alias: 'csrsigning',
  serviceAccount: 'certificate-controller',
  start(context) {
    const {client, clock, settings} = context;
    const {signer} = settings;
    if (!signer) return [];
    const reconcile = async (request: CertificateSigningRequest) => {
      if (!SIGNERS.includes(request.spec.signerName) || request.status?.certificate) return;
      if (!hasCondition(request, 'Approved') || hasCondition(request, 'Failed')) return;
      const {signerName, usages = [], expirationSeconds} = request.spec;
      const pem = decode(request.spec.request);
      const why = refusal(signerName, await signer.read(pem), usages);
      if (why) {
        const conditions = withCondition(request, 'Failed', 'SignerValidationFailure', why, clock.now());
        await client.update(requestType, {...request, status: {...request.status, conditions}}, {subresource: 'status'});
        return;
      }
      const certificate = encode(await signer.sign(pem, {usages, seconds: Math.min(expirationSeconds ?? YEAR, YEAR)}));
      await client.update(requestType, {...request, status: {...request.status, certificate}}, {subresource: 'status'});
    };
    return follow(context, reconcile);
  },
};

/** Approves the requests of nodes for their own client certificates, if RBAC lets them (pkg/controller/certificates/approver). */
export const certificateApprovingController: ControllerDefinition = {
  name: 'certificatesigningrequest-approving-controller',
  alias: 'csrapproving',
  serviceAccount: 'certificate-controller',
  start(context) {
    const {client, clock, settings} = context;
    const {signer} = settings;
    if (!signer) return [];
    const isAllowed = async (request: CertificateSigningRequest, subresource: string): Promise<boolean> => {
      const {username: user, groups, uid} = request.spec;
      const resourceAttributes = {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        verb: 'create',
        subresource,
        version: '*',
      };
      const review = await client.create(reviewType, {metadata: {}, spec: {user, groups, uid, resourceAttributes}});
      return review.status?.allowed ?? false;
    };
    const reconcile = async (request: CertificateSigningRequest) => {
      if (request.spec.signerName !== KUBELET_CLIENT || request.status?.certificate) return;
      if (hasCondition(request, 'Approved') || hasCondition(request, 'Denied')) return;
      const identity = await signer.read(decode(request.spec.request));
      if (refusal(KUBELET_CLIENT, identity, request.spec.usages ?? [])) return;
      const isSelf = identity.commonName === request.spec.username;
      const subresources = isSelf ? ['selfnodeclient', 'nodeclient'] : ['nodeclient'];
      for (const subresource of subresources) {
        if (!(await isAllowed(request, subresource))) continue;
        const what = subresource === 'selfnodeclient' ? 'self kubelet client certificate' : 'kubelet client certificate';
        const message = `Auto approving ${what} after SubjectAccessReview.`;
        const conditions = withCondition(request, 'Approved', 'AutoApproved', message, clock.now());
        await client.update(requestType, {...request, status: {...request.status, conditions}}, {subresource: 'approval'});
        return;
      }
    };
    return follow(context, reconcile);
  },
};

/** Deletes requests that are done with, or that nobody answered. */
export const certificateCleanerController: ControllerDefinition = {
  name: 'certificatesigningrequest-cleaner-controller',
  alias: 'csrcleaner',
  serviceAccount: 'certificate-controller',
  start(context) {
    const requests = context.informer(requestType);
    const clean = async () => {
      for (const request of requests.list().filter(each => isStale(each, context.clock.now()))) {
        await context.client.delete(requestType, {name: request.metadata.name!}).catch(ignoreNotFound);
      }
    };
    return [context.every(HOUR, clean)];
  },
};
