import type {FieldError, FieldPath} from '../../api/field.ts';
import {invalid, required, tooLong} from '../../api/field.ts';
import {isDNS1123Label, isDNS1123Subdomain, longerThan} from '../../api/names.ts';
import {collect} from '../rules.ts';

const MAX_DOMAIN = 253;
/** A domain, a slash, a namespace, a dot and a name. */
const MAX_NAME = 571;

const FORM = "must be a fully qualified domain and path of the form 'example.com/signer-name'";

/** `example.com/signer-name` (ValidateSignerName): the errors of the first part that is wrong. */
export function validateSignerName(name: string | undefined, path: FieldPath): FieldError[] {
  if (!name) return [required(path)];
  const segments = name.split('/');
  if (segments.length !== 2) return [invalid(path, name, FORM)];
  const [domain, rest] = segments as [string, string];
  const labelled = (value: string, label: string, messages: readonly string[]): FieldError[] =>
    messages.map(message => invalid(path, value, `validating label ${JSON.stringify(label)}: ${message}`));
  const labels = domain.split('.');
  const bad = labels.find(label => isDNS1123Label(label).length > 0);
  const badPart = rest.split('.').find(label => isDNS1123Subdomain(label).length > 0);
  return collect(
    longerThan(domain, MAX_DOMAIN) && tooLong(path, MAX_DOMAIN),
    bad !== undefined && labelled(domain, bad, isDNS1123Label(bad)),
    labels.length < 2 && invalid(path, domain, 'should be a domain with at least two segments separated by dots'),
    badPart !== undefined && labelled(rest, badPart, isDNS1123Subdomain(badPart)),
    longerThan(name, MAX_NAME) && tooLong(path, MAX_NAME),
  );
}
