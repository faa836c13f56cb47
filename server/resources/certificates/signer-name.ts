import type {FieldError, FieldPath} from '../../api/field.ts';
import {invalid, required} from '../../api/field.ts';
import {isDNS1123Subdomain} from '../../api/names.ts';

const FORM = "must be a fully qualified domain and path of the form 'example.com/signer-name'";

/** `example.com/signer-name` (ValidateSignerName): the errors of the first part that is wrong. */
export function validateSignerName(name: string | undefined, path: FieldPath): FieldError[] {
  if (!name) return [required(path)];
  const segments = name.split('/');
  if (segments.length !== 2) return [invalid(path, name, FORM)];
  const [domain, rest] = segments as [string, string];
  const errors = [...isDNS1123Subdomain(domain).map(message => invalid(path, domain, message))];
  if (errors.length === 0 && !domain.includes('.')) {
    errors.push(invalid(path, domain, 'should be a domain with at least two segments separated by dots'));
  }
  return [...errors, ...isDNS1123Subdomain(rest).map(message => invalid(path, rest, message))];
}
