import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid} from '../../api/field.ts';
import type {NodeSelector} from '../../api/kinds.generated.ts';
import {isDNS1123Subdomain} from '../../api/names.ts';
import {validateNodeSelector} from '../core/node-selector.ts';
import {internal, listOf, struct} from '../internal.ts';
import {collect, named} from '../rules.ts';

const REQUIREMENTS = listOf(struct({key: '', operator: '', values: null}));
const TERMS = listOf(struct({matchExpressions: REQUIREMENTS, matchFields: REQUIREMENTS}));

export function validateNodeName(name: string | undefined, path: FieldPath, notEmpty: string): FieldError[] {
  if (name === undefined) return [];
  return name === '' ? [invalid(path, '', notEmpty)] : named(name, path, isDNS1123Subdomain);
}

export const onlyTrue = (value: boolean | undefined, path: FieldPath): FieldError[] =>
  value === false ? [invalid(path, false, 'must be either unset or set to true')] : [];

export const validateOneTerm = (selector: NodeSelector, path: FieldPath): FieldError[] =>
  collect(
    validateNodeSelector(selector, path),
    (selector.nodeSelectorTerms ?? []).length !== 1 &&
      invalid(
        child(path, 'nodeSelectorTerms'),
        internal(selector.nodeSelectorTerms, TERMS) ?? null,
        'must have exactly one node selector term',
      ),
  );
