import type {Clock} from '../api/clock.ts';
import type {JsonObject} from '../api/json.ts';
import type {LabelOperator, LabelRequirement} from '../api/label-syntax.ts';
import type {FieldRequirement} from '../api/selectors.ts';
import type {AccessAttributes, AccessDecision, Authorizer} from './authorizer.ts';
import {createExpiring} from './expiring.ts';
import type {ReviewWebhook} from './review-webhook.ts';

export interface WebhookAuthorizerOptions {
  readonly webhook: ReviewWebhook;
  readonly version: 'v1' | 'v1beta1';
  /** How long an answer is believed, in milliseconds of cluster time. */
  readonly authorizedTtl: number;
  readonly unauthorizedTtl: number;
  readonly clock: Clock;
}

// k8s.io/apiserver/plugin/pkg/authorizer/webhook: how many answers are kept, and how long what the client chose may be for it.
const REMEMBERED = 8192;
const LONGEST = 10_000;

/** Asks a webhook by SubjectAccessReview. One that cannot be asked has no opinion. */
export function createWebhookAuthorizer({webhook, version, authorizedTtl, unauthorizedTtl, clock}: WebhookAuthorizerOptions): Authorizer {
  const known = createExpiring<AccessDecision>(clock, REMEMBERED);
  const ask = async (spec: JsonObject, key: string, isShort: boolean): Promise<AccessDecision> => {
    let status: JsonObject;
    try {
      status = await webhook.ask({apiVersion: `authorization.k8s.io/${version}`, kind: 'SubjectAccessReview', spec});
    } catch (error) {
      return {allowed: false, reason: '', error: (error as Error).message};
    }
    const decision = decisionOf(status);
    if (isShort) known.set(key, decision, status.allowed === true ? authorizedTtl : unauthorizedTtl);
    return decision;
  };
  return attributes => {
    const spec = specOf(attributes, version);
    const key = JSON.stringify(spec);
    return known.get(key) ?? ask(spec, key, isShort(attributes));
  };
}

function decisionOf({allowed, denied, reason}: JsonObject): AccessDecision {
  const why = typeof reason === 'string' ? reason : '';
  if (denied !== true) return {allowed: allowed === true, reason: why};
  const both = allowed === true && {error: 'webhook subject access review returned both allow and deny response'};
  return {allowed: false, denied: true, reason: why, ...both};
}

const isShort = ({namespace, verb, group, version, resource, subresource, name, path}: AccessAttributes): boolean =>
  [namespace, verb, group, version, resource, subresource, name, path].join('').length < LONGEST;

function specOf(attributes: AccessAttributes, apiVersion: 'v1' | 'v1beta1'): JsonObject {
  const {identity, isResource, verb, path} = attributes;
  const {name, uid, groups, extra} = identity;
  return {
    ...(isResource ? {resourceAttributes: resourceAttributes(attributes)} : {nonResourceAttributes: filled({path, verb})}),
    ...filled({user: name}),
    ...(groups.length > 0 && {[apiVersion === 'v1' ? 'groups' : 'group']: [...groups]}),
    ...(extra && Object.keys(extra).length > 0 && {extra}),
    ...(uid && {uid}),
  };
}

function resourceAttributes(attributes: AccessAttributes): JsonObject {
  const {namespace, verb, group, version, resource, subresource, name, fieldSelector = [], labelSelector = []} = attributes;
  const labels = labelSelector.flatMap(labelRequirement);
  return {
    ...filled({namespace, verb, group, version, resource, subresource, name}),
    ...(fieldSelector.length > 0 && {fieldSelector: {requirements: fieldSelector.map(fieldRequirement)}}),
    ...(labels.length > 0 && {labelSelector: {requirements: labels}}),
  };
}

const filled = (fields: {readonly [name: string]: string}): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));

const fieldRequirement = ({field, operator, value}: FieldRequirement): JsonObject => ({
  key: field,
  operator: operator === '=' ? 'In' : 'NotIn',
  values: [value],
});

const OPERATORS: {readonly [operator in LabelOperator]?: string} = {
  '=': 'In',
  '==': 'In',
  in: 'In',
  '!=': 'NotIn',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
};

/** What reviews have no word for is left out: the question becomes wider, never narrower. */
function labelRequirement({key, operator, values}: LabelRequirement): JsonObject[] {
  const written = OPERATORS[operator];
  return written === undefined ? [] : [{key, operator: written, ...(values.length > 0 && {values: [...values]})}];
}
