import {klona} from 'klona/json';
import {withDecisions} from '../access/authorizer.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {MutatingWebhook, ValidatingWebhook} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {ApiError, badRequest, forbidden, internalError} from '../api/status.ts';
import {jsonTypeName} from '../patch/go-format.ts';
import {applyJsonPatch, patchFailure} from '../patch/json.ts';
import {plainJson} from '../schema/parse-json.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import type {Expressions} from './policies-evaluate.ts';
import {compileExpressions, matchesConditions} from './policies-evaluate.ts';
import {resourceOfWebhook} from './policies-match.ts';
import type {VersionedRequest} from './policies-objects.ts';
import {decoded, inVersion, isExempt, replaceObject, sameContent, setDefaults} from './policies-objects.ts';
import {recall, recallIfChanged, remember} from './rounds.ts';
import {callWebhook} from './webhooks-call.ts';

const GROUP = 'admissionregistration.k8s.io';
const MUTATING = 'MutatingAdmissionWebhook';

type Webhook = ValidatingWebhook & Partial<MutatingWebhook>;

interface Configuration {
  readonly metadata: {readonly name?: string};
  readonly webhooks?: readonly Webhook[];
}

/** Webhooks that may change objects: one after the other, each sees what the one before made. */
export function createMutatingWebhooks(): AdmissionPlugin {
  const conditions = new WeakMap<Webhook, Expressions>();
  return {
    name: MUTATING,
    handles: request => !isExempt(request),
    async admit(request, lookup, round) {
      const webhooks = webhooksOf('mutatingwebhookconfigurations', lookup);
      if (webhooks.length === 0) return;
      const memory = round.memory(MUTATING);
      if (round.again) recallIfChanged(memory, request.object);
      for (const webhook of webhooks) {
        const matched = await matchWebhook(webhook, request, lookup, conditions);
        // Whom the first time did not concern is not called for the first time the second time.
        if (!matched || (round.again && !memory.due.has(webhook))) continue;
        if (await mutate(webhook, matched, lookup)) {
          recall(memory);
          round.askAgain();
        }
        if (webhook.reinvocationPolicy === 'IfNeeded') memory.called.add(webhook);
      }
      remember(memory, request.object);
    },
  };
}

/** Webhooks that may only refuse: all at once. */
export function createValidatingWebhooks(): AdmissionPlugin {
  const conditions = new WeakMap<Webhook, Expressions>();
  return {
    name: 'ValidatingAdmissionWebhook',
    handles: request => !isExempt(request),
    async validate(request, lookup) {
      const wanted: {webhook: Webhook; matched: VersionedRequest}[] = [];
      const convert = createConverter();
      for (const webhook of webhooksOf('validatingwebhookconfigurations', lookup)) {
        const matched = await matchWebhook(webhook, request, lookup, conditions, convert);
        if (matched) wanted.push({webhook, matched});
      }
      const results = await Promise.allSettled(wanted.map(({webhook, matched}) => ask(webhook, matched, lookup, false)));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
}

function webhooksOf(resource: string, lookup: AdmissionLookup): Webhook[] {
  return (lookup.list(GROUP, resource) as unknown as Configuration[]).flatMap(({webhooks}) => webhooks ?? []);
}

/** Converts one request once for each version. */
function createConverter(): typeof inVersion {
  const known = new Map<string, Promise<VersionedRequest>>();
  return (request, resource) => {
    const converted = known.get(resource.version) ?? inVersion(request, resource);
    known.set(resource.version, converted);
    return converted;
  };
}

/** The request in the version the webhook takes; undefined: it is not for this webhook. */
async function matchWebhook(
  webhook: Webhook,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
  known: WeakMap<Webhook, Expressions>,
  convert = inVersion,
): Promise<VersionedRequest | undefined> {
  const resource = resourceOfWebhook(webhook, webhook.rules ?? [], request, lookup);
  if (!resource) return undefined;
  const matched = await convert(request, resource);
  if (!webhook.matchConditions?.length) return matched;
  const expressions = known.get(webhook) ?? compileExpressions({matchConditions: webhook.matchConditions}, {authorizer: true});
  known.set(webhook, expressions);
  const holds = await withDecisions(lookup.authorizer, decide => matchesConditions(expressions, matched, lookup, {decide}));
  if (typeof holds !== 'string') return holds ? matched : undefined;
  if (webhook.failurePolicy === 'Ignore') return undefined;
  throw forbidden(request.resource, request.name, holds);
}

/** Calls a mutating webhook and applies its patch; does that change anything? */
async function mutate(webhook: Webhook, matched: VersionedRequest, lookup: AdmissionLookup): Promise<boolean> {
  const operations = await ask(webhook, matched, lookup, true);
  if (operations.length === 0) return false;
  const {object} = matched;
  const name = JSON.stringify(webhook.name);
  if (!object) throw internalError(`admission webhook ${name} attempted to modify the object, which is not supported for this operation`);
  let patched: Json;
  try {
    patched = applyJsonPatch(klona(object) as unknown as Json, operations);
  } catch (error) {
    throw internalError(patchFailure(error as Error));
  }
  const next = decoded(matched, patched as unknown as KubeObject);
  const changed = !sameContent(matched, next, object);
  setDefaults(matched, next);
  await replaceObject(matched, next);
  return changed;
}

/** Asks a webhook about a request; the operations of the patch it answers. Throws when it refuses or fails. */
async function ask(webhook: Webhook, request: VersionedRequest, lookup: AdmissionLookup, mutating: boolean): Promise<Json[]> {
  if (request.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun') {
    throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  }
  const fail = (error: unknown): Json[] => {
    if (webhook.failurePolicy === 'Ignore') return [];
    throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${(error as Error).message}`);
  };
  let response: JsonObject;
  try {
    response = await callWebhook(webhook, request, lookup, mutating);
  } catch (error) {
    return fail(error);
  }
  for (const warning of (response.warnings as string[] | undefined) ?? []) request.warn(warning);
  for (const [key, value] of Object.entries((response.auditAnnotations ?? {}) as JsonObject))
    request.audit(`${webhook.name}/${key}`, String(value));
  if (response.allowed !== true) throw denial(webhook.name, response.status);
  try {
    return decodePatch(response.patch);
  } catch (error) {
    return fail(error);
  }
}

function decodePatch(patch: Json | undefined): Json[] {
  if (typeof patch !== 'string' || patch === '') return [];
  const undecodable = (why: string): Error => new Error(`received undecodable patch in webhook response: ${why}`);
  let operations: Json;
  try {
    operations = plainJson(Buffer.from(patch, 'base64').toString());
  } catch (error) {
    throw undecodable((error as Error).message);
  }
  if (operations !== null && !Array.isArray(operations))
    throw undecodable(`json: cannot unmarshal ${jsonTypeName(operations)} into Go value of type jsonpatch.Patch`);
  return operations ?? [];
}

/** A refusal in the webhook's own words (k8s.io/apiserver/pkg/admission/plugin/webhook/errors). */
function denial(name: string, status: Json | undefined): ApiError {
  const {code, reason, message, details} = isObject(status) ? status : ({} as JsonObject);
  const by = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = (typeof message === 'string' && message) || (typeof reason === 'string' && reason);
  return new ApiError(
    typeof code === 'number' && code >= 400 && code < 600 ? code : 400,
    typeof reason === 'string' && reason !== '' ? reason : undefined,
    why ? `${by}: ${why}` : `${by} without explanation`,
    isObject(details) ? details : undefined,
  );
}
