import {klona} from 'klona/json';
import {withDecisions} from '../access/authorizer.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {MutatingWebhook, ValidatingWebhook} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {ApiError, badRequest, forbidden, internalError} from '../api/status.ts';
import {applyJsonPatch} from '../patch/json.ts';
import type {Resource} from '../resources/resource.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import type {Expressions} from './policies-evaluate.ts';
import {compileExpressions, createEvaluation, matchesConditions} from './policies-evaluate.ts';
import {asMatched} from './policies-match.ts';
import type {VersionedObjects} from './policies-objects.ts';
import {isExempt, replaceObject, versionedObjects} from './policies-objects.ts';
import {callWebhook} from './webhooks-call.ts';

const GROUP = 'admissionregistration.k8s.io';

type Webhook = ValidatingWebhook & Partial<MutatingWebhook>;

interface Configuration {
  readonly metadata: {readonly name?: string};
  readonly webhooks?: readonly Webhook[];
}

/** Webhooks that may change objects: one after the other, each sees what the one before made. */
export function createMutatingWebhooks(): AdmissionPlugin {
  const conditions = new WeakMap<Webhook, Expressions>();
  return {
    name: 'MutatingAdmissionWebhook',
    handles: request => !isExempt(request),
    async admit(request, lookup) {
      const called: {webhook: Webhook; left: string}[] = [];
      for (const webhook of webhooksOf('mutatingwebhookconfigurations', lookup)) {
        if (await mutate(webhook, request, lookup, conditions)) called.push({webhook, left: JSON.stringify(request.object)});
      }
      // Those that want it see once more what others changed after them.
      for (const {webhook, left} of called) {
        if (webhook.reinvocationPolicy === 'IfNeeded' && left !== JSON.stringify(request.object))
          await mutate(webhook, request, lookup, conditions);
      }
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
      const wanted: {webhook: Webhook; seen: Seen}[] = [];
      const objectsOf = createObjects();
      for (const webhook of webhooksOf('validatingwebhookconfigurations', lookup)) {
        const seen = await matchWebhook(webhook, request, lookup, conditions, objectsOf);
        if (seen) wanted.push({webhook, seen});
      }
      const results = await Promise.allSettled(wanted.map(({webhook, seen}) => ask(webhook, seen, lookup, false)));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
}

function webhooksOf(resource: string, lookup: AdmissionLookup): Webhook[] {
  return (lookup.list(GROUP, resource) as unknown as Configuration[]).flatMap(({webhooks}) => webhooks ?? []);
}

/** A request in the version that a webhook takes. */
interface Seen {
  readonly matched: AdmissionRequest;
  readonly objects: VersionedObjects;
}

/** Converts the objects of one request once for each version. */
function createObjects(): typeof versionedObjects {
  const known = new Map<Resource, Promise<VersionedObjects>>();
  return matched => {
    const objects = known.get(matched.resource) ?? versionedObjects(matched);
    known.set(matched.resource, objects);
    return objects;
  };
}

/** The request as the webhook sees it; undefined: it is not for this webhook. */
async function matchWebhook(
  webhook: Webhook,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
  known: WeakMap<Webhook, Expressions>,
  objectsOf = versionedObjects,
): Promise<Seen | undefined> {
  const matched = asMatched(webhook, webhook.rules ?? [], request, lookup);
  if (!matched) return undefined;
  const objects = await objectsOf(matched);
  const seen = {matched, objects};
  if (!webhook.matchConditions?.length) return seen;
  const expressions = known.get(webhook) ?? compileExpressions({matchConditions: webhook.matchConditions}, {authorizer: true});
  known.set(webhook, expressions);
  const holds = await withDecisions(lookup.authorizer, decide =>
    matchesConditions(expressions, createEvaluation(expressions, matched, lookup, {...objects, decide})),
  );
  if (typeof holds !== 'string') return holds ? seen : undefined;
  if (webhook.failurePolicy === 'Ignore') return undefined;
  throw forbidden(request.resource, request.name, holds);
}

/** Calls a mutating webhook and applies its patch; false: it was not called. */
async function mutate(
  webhook: Webhook,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
  known: WeakMap<Webhook, Expressions>,
): Promise<boolean> {
  const seen = await matchWebhook(webhook, request, lookup, known);
  if (!seen) return false;
  const {matched, objects} = seen;
  const patch = await ask(webhook, seen, lookup, true);
  if (patch === undefined || !request.object) return true;
  let next: KubeObject;
  try {
    next = applyJsonPatch(klona(objects.object) as unknown as Json, patch) as unknown as KubeObject;
  } catch (error) {
    throw internalError((error as Error).message);
  }
  matched.resource.strategy.defaults?.(next);
  await replaceObject(matched, next);
  return true;
}

/** Asks a webhook about a request; the patch it answers, if any. Throws when it refuses or fails. */
async function ask(webhook: Webhook, {matched, objects}: Seen, lookup: AdmissionLookup, mutating: boolean): Promise<Json | undefined> {
  if (matched.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun') {
    throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  }
  let response: JsonObject;
  try {
    response = await callWebhook(webhook, matched, objects, lookup, mutating);
  } catch (error) {
    if (webhook.failurePolicy === 'Ignore') return undefined;
    throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${(error as Error).message}`);
  }
  for (const warning of (response.warnings as string[] | undefined) ?? []) matched.warn(warning);
  for (const [key, value] of Object.entries((response.auditAnnotations ?? {}) as JsonObject))
    matched.audit(`${webhook.name}/${key}`, String(value));
  if (response.allowed !== true) throw denial(webhook.name, response.status);
  if (typeof response.patch !== 'string' || response.patch === '') return undefined;
  try {
    return JSON.parse(Buffer.from(response.patch, 'base64').toString()) as Json;
  } catch (error) {
    throw internalError((error as Error).message);
  }
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
