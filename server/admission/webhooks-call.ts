import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {ValidatingWebhook} from '../api/kinds.generated.ts';
import type {AdmissionLookup} from './admission.ts';
import {requestOf} from './policies-evaluate.ts';
import type {VersionedRequest} from './policies-objects.ts';
import {decodeResponse} from './webhooks-response.ts';

const DEFAULT_TIMEOUT = 10;
const OTHER = {v1: 'v1beta1', v1beta1: 'v1'} as const;

/** Sends an AdmissionReview of the version the webhook prefers and returns the response it gives. Rejects in the words of the real server. */
export async function callWebhook(
  webhook: ValidatingWebhook,
  request: VersionedRequest,
  {random, webhooks}: AdmissionLookup,
  mutating: boolean,
): Promise<JsonObject> {
  const version = webhook.admissionReviewVersions.find(one => one === 'v1' || one === 'v1beta1');
  if (version === undefined) throw new Error('webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  const uid = random.uuid();
  const {object, old} = request;
  const review: JsonObject = {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: {
      uid,
      ...requestOf(request),
      object: (object ?? null) as unknown as JsonObject,
      oldObject: (old ?? null) as unknown as JsonObject,
    },
  };
  let answer: unknown;
  try {
    answer = await webhooks.post(webhook.clientConfig, review, webhook.timeoutSeconds ?? DEFAULT_TIMEOUT);
  } catch (error) {
    throw new Error(`failed to call webhook: ${(error as Error).message}`);
  }
  const invalid = (why: string): Error => new Error(`received invalid webhook response: ${why}`);
  if (!isObject(answer)) throw invalid('webhook response was absent');
  if (answer.kind === 'AdmissionReview' && answer.apiVersion === `admission.k8s.io/${OTHER[version]}`) {
    const shown = (one: string): string => `(${one}.AdmissionReview)`;
    throw new Error(`failed to call webhook: converting ${shown(OTHER[version])} to ${shown(version)}: unknown conversion`);
  }
  let response: Json | undefined;
  try {
    response = decodeResponse(answer, version);
  } catch (error) {
    throw new Error(`failed to call webhook: ${(error as Error).message}`);
  }
  if (!isObject(response)) throw invalid('webhook response was absent');
  if (version === 'v1') {
    const why = fault(answer, response, uid, mutating);
    if (why !== undefined) throw invalid(why);
  }
  return mutating ? response : {...response, patch: null};
}

/** What is wrong with a response of v1; v1beta1 was not strict. */
function fault(answer: JsonObject, {uid: answered, patch, patchType}: JsonObject, uid: string, mutating: boolean): string | undefined {
  if (answered !== uid) return `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answered ?? '')}`;
  if (answer.kind !== 'AdmissionReview' || answer.apiVersion !== 'admission.k8s.io/v1') {
    const [group = '', version = ''] = String(answer.apiVersion ?? '/').split('/');
    return `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${group}/${version}, Kind=${String(answer.kind ?? '')}`;
  }
  const [hasPatch, hasType] = [Boolean(patch), patchType !== undefined && patchType !== null];
  if (!mutating) {
    if (hasPatch) return 'validating webhook may not return response.patch';
    return hasType ? 'validating webhook may not return response.patchType' : undefined;
  }
  if (hasPatch && !hasType) return 'webhook returned response.patch but not response.patchType';
  if (!hasPatch && hasType) return 'webhook returned response.patchType but not response.patch';
  return hasType && patchType !== 'JSONPatch' ? `unsupported patch type ${JSON.stringify(patchType)}` : undefined;
}
