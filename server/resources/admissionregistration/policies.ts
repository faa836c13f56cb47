import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, required} from '../../api/field.ts';
import type {MatchResources, ParamKind, Variable} from '../../api/kinds.generated.ts';
import {isDNS1035Label, isDNS1123Subdomain} from '../../api/names.ts';
import {parseGroupVersion} from '../../api/object.ts';
import {collect} from '../rules.ts';
import {isBlank} from './expressions.ts';
import {validateMatch} from './match.ts';

/** What the spec of a validating and a mutating policy have in common, and its rules; expressions are not compiled. */
export function validateParamKind({apiVersion, kind}: ParamKind, path: FieldPath): FieldError[] {
  const [ofVersion, ofKind] = [child(path, 'apiVersion'), child(path, 'kind')];
  return collect(
    apiVersion ? validateGroupVersion(apiVersion, ofVersion) : required(ofVersion),
    kind ? validateKind(kind, ofKind) : required(ofKind),
  );
}

function validateGroupVersion(text: string, path: FieldPath): FieldError[] {
  const parsed = parseGroupVersion(text);
  if (!parsed) return [invalid(path, text, `unexpected GroupVersion string: ${text}`)];
  const {group, version} = parsed;
  return collect(
    group !== '' && inOne(group, path, isDNS1123Subdomain(group)),
    version === '' ? invalid(path, text, 'version must be specified') : inOne(version, path, isDNS1035Label(version)),
  );
}

/** All that is wrong with a name, told at once. */
const inOne = (value: string, path: FieldPath, messages: readonly string[]): FieldError[] =>
  messages.length === 0 ? [] : [invalid(path, value, messages.join(','))];

const validateKind = (kind: string, path: FieldPath): FieldError[] => {
  const messages = isDNS1035Label(kind.toLowerCase());
  return messages.length === 0 ? [] : [invalid(path, kind, `may have mixed case, but should otherwise match: ${messages.join(',')}`)];
};

/** Policies say what they are about. */
export const validateConstraints = (match: MatchResources | undefined, path: FieldPath, mutating = false): FieldError[] =>
  match
    ? collect(validateMatch(match, path, mutating), (match.resourceRules ?? []).length === 0 && required(child(path, 'resourceRules')))
    : [required(path)];

// Words of CEL, which no name may be.
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

const isCELIdentifier = (name: string): boolean => /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !RESERVED.has(name);

export const validateVariable = ({name, expression}: Variable, path: FieldPath): FieldError[] =>
  collect(
    isBlank(name) && required(child(path, 'name'), 'name is not specified'),
    !isBlank(name) && !isCELIdentifier(name) && invalid(child(path, 'name'), name, 'must be a valid CEL identifier'),
    isBlank(expression) && required(child(path, 'expression'), 'expression is not specified'),
  );
