import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, invalid, required} from '../../api/field.ts';
import {isDNS1035Label} from '../../api/names.ts';
import {bundleError} from '../certificates/pem.ts';
import {collect, each, named, requiredOneOf} from '../rules.ts';
import {validateWebhookAddress} from '../webhook.ts';
import type {InternalConversion} from './internal-spec.ts';

const REVIEW_VERSIONS = ['v1', 'v1beta1'];

export function validateConversion(conversion: InternalConversion, path: FieldPath, checkBundle: boolean): FieldError[] {
  const {strategy, webhookClientConfig, conversionReviewVersions} = conversion;
  const client = child(path, 'webhookClientConfig');
  const reviews = child(path, 'conversionReviewVersions');
  const known = requiredOneOf(strategy, child(path, 'strategy'), ['None', 'Webhook']);
  if (strategy !== 'Webhook') {
    const unused = 'should not be set when strategy is not set to Webhook';
    return collect(
      known,
      webhookClientConfig && forbiddenField(client, unused),
      conversionReviewVersions && conversionReviewVersions.length > 0 && forbiddenField(reviews, unused),
    );
  }
  const badBundle = checkBundle && webhookClientConfig?.caBundle ? bundleError(webhookClientConfig.caBundle) : undefined;
  return collect(
    known,
    webhookClientConfig
      ? validateWebhookAddress(webhookClientConfig, client)
      : required(client, 'required when strategy is set to Webhook'),
    badBundle !== undefined && invalid(child(client, 'caBundle'), webhookClientConfig!.caBundle, badBundle),
    validateReviewVersions(conversionReviewVersions, reviews),
  );
}

/** Is the bundle that is there no good? Then it may stay so. */
export const hasBadBundle = (conversion: InternalConversion | undefined): boolean => {
  const caBundle = conversion?.webhookClientConfig?.caBundle;
  return caBundle ? bundleError(caBundle) !== undefined : false;
};

function validateReviewVersions(versions: string[] | undefined, path: FieldPath): FieldError[] {
  if (!versions || versions.length === 0) return [required(path)];
  return collect(
    each(versions, path, (version, at, i) =>
      versions.indexOf(version) < i ? invalid(at, version, 'duplicate version') : named(version, at, isDNS1035Label),
    ),
    !versions.some(version => REVIEW_VERSIONS.includes(version)) &&
      invalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`),
  );
}
