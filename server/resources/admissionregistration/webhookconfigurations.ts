import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, duplicate, invalid, required} from '../../api/field.ts';
import type {MutatingWebhook, MutatingWebhookConfiguration, ValidatingWebhook} from '../../api/kinds.generated.ts';
import {isDNS1035Label, isDNS1123Subdomain} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import {jsonEqual} from '../../patch/equal.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, named, oneOf, validateLabelSelector} from '../rules.ts';
import {validateWebhookAddress} from '../webhook.ts';
import {defaultRules, validateMatchConditions, validateRule} from './match.ts';

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;

/** Upstream: pkg/apis/admissionregistration/{v1,validation}, pkg/registry/admissionregistration/{mutating,validating}webhookconfiguration. */
const strategy = (mutating: boolean): Strategy => ({
  defaults: object => setDefaults(webhooksOf(object), mutating),
  validate: object => validate(object),
  validateUpdate: (object, old) => validate(object, webhooksOf(old)),
  generation: (object, old) => !jsonEqual(object.webhooks, old.webhooks),
  plainFinalizers: true,
  metadataOnUpdate: 'create',
  allowUnconditionalUpdate: false,
});

export const mutatingWebhookConfiguration: Strategy = strategy(true);

export const validatingWebhookConfiguration: Strategy = strategy(false);

const webhooksOf = (object: KubeObject): readonly Webhook[] =>
  ((object as MutatingWebhookConfiguration).webhooks ?? []) as readonly Webhook[];

function setDefaults(webhooks: readonly Webhook[], mutating: boolean): void {
  for (const webhook of webhooks) {
    webhook.failurePolicy ??= 'Fail';
    webhook.matchPolicy ??= 'Equivalent';
    webhook.namespaceSelector ??= {};
    webhook.objectSelector ??= {};
    webhook.timeoutSeconds ??= 10;
    if (mutating) webhook.reinvocationPolicy ??= 'Never';
    defaultRules(webhook.rules);
    if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
  }
}

const RECOGNIZED = ['v1', 'v1beta1'];

/** Names must differ and a known version be there, unless that was so before. */
function validate(object: KubeObject, old: readonly Webhook[] = []): FieldError[] {
  const webhooks = webhooksOf(object);
  const recognized = (webhook: Webhook): boolean => (webhook.admissionReviewVersions ?? []).some(version => RECOGNIZED.includes(version));
  const lenient = old.some(webhook => !recognized(webhook));
  const repeated = old.some(({name}, i) => old.findIndex(other => other.name === name) < i);
  return collect(
    each(webhooks, 'webhooks', (webhook, path, i) =>
      collect(
        validateWebhook(webhook, path),
        validateVersions(webhook.admissionReviewVersions ?? [], child(path, 'admissionReviewVersions'), lenient),
        !repeated &&
          webhook.name &&
          webhooks.findIndex(({name}) => name === webhook.name) < i &&
          duplicate(child(path, 'name'), webhook.name),
      ),
    ),
  );
}

function validateVersions(versions: readonly string[], path: FieldPath, lenient: boolean): FieldError[] {
  const known = RECOGNIZED.join(', ');
  if (versions.length === 0) return [required(path, `must specify one of ${known}`)];
  return collect(
    each(versions, path, (version, here, i) =>
      versions.indexOf(version) < i ? invalid(here, version, 'duplicate version') : named(version, here, isDNS1035Label),
    ),
    !lenient &&
      !versions.some(version => RECOGNIZED.includes(version)) &&
      invalid(path, [...versions], `must include at least one of ${known}`),
  );
}

function validateWebhook(webhook: Webhook, path: FieldPath): FieldError[] {
  const {timeoutSeconds: timeout, sideEffects} = webhook;
  return collect(
    validateName(webhook.name, child(path, 'name')),
    each(webhook.rules, child(path, 'rules'), validateRule),
    webhook.failurePolicy !== undefined && oneOf(webhook.failurePolicy, child(path, 'failurePolicy'), ['Fail', 'Ignore']),
    webhook.matchPolicy !== undefined && oneOf(webhook.matchPolicy, child(path, 'matchPolicy'), ['Equivalent', 'Exact']),
    sideEffects === undefined || sideEffects === null
      ? required(child(path, 'sideEffects'), 'must specify one of None, NoneOnDryRun')
      : oneOf(sideEffects, child(path, 'sideEffects'), ['None', 'NoneOnDryRun']),
    timeout !== undefined &&
      (timeout < 1 || timeout > 30) &&
      invalid(child(path, 'timeoutSeconds'), timeout, 'the timeout value must be between 1 and 30 seconds'),
    validateLabelSelector(webhook.namespaceSelector, child(path, 'namespaceSelector')),
    validateLabelSelector(webhook.objectSelector, child(path, 'objectSelector')),
    webhook.reinvocationPolicy !== undefined && oneOf(webhook.reinvocationPolicy, child(path, 'reinvocationPolicy'), ['IfNeeded', 'Never']),
    validateWebhookAddress(webhook.clientConfig ?? {}, child(path, 'clientConfig')),
    validateMatchConditions(webhook.matchConditions, child(path, 'matchConditions'), {authorizer: true}),
  );
}

function validateName(name: string | undefined, path: FieldPath): FieldError[] {
  if (!name) return [required(path)];
  const errors = named(name, path, isDNS1123Subdomain);
  return errors.length > 0 || name.split('.').length >= 3
    ? errors
    : [invalid(path, name, 'should be a domain with at least three segments separated by dots')];
}
