import type {FieldError, FieldPath} from '../../api/field.ts';
import {invalid, required, tooLong} from '../../api/field.ts';
import {isDNS1123Label, isDNS1123Subdomain} from '../../api/names.ts';

const MAX_DOMAIN = 253;

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
  return [
    ...(domain.length > MAX_DOMAIN ? [tooLong(path, MAX_DOMAIN)] : []),
    ...(bad === undefined ? [] : labelled(domain, bad, isDNS1123Label(bad))),
    ...(labels.length < 2 ? [invalid(path, domain, 'should be a domain with at least two segments separated by dots')] : []),
    ...labelled(rest, rest, isDNS1123Subdomain(rest)),
  ];
}
