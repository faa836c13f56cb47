import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, forbiddenField, invalid, required} from '../../api/field.ts';
import type {NodeSelector, NodeSelectorRequirement, NodeSelectorTerm} from '../../api/kinds.generated.ts';
import {isDNS1123Subdomain, isLabelValue} from '../../api/names.ts';
import {collect, each, named, validateLabelName} from '../rules.ts';

/** Rules of a selector of nodes; `allowInvalidValues`: values no label can have were there before. */
export function validateNodeSelector(
  {nodeSelectorTerms: given}: Partial<NodeSelector>,
  path: FieldPath,
  allowInvalidValues = false,
): FieldError[] {
  const nodeSelectorTerms = given ?? [];
  const terms = child(path, 'nodeSelectorTerms');
  if (nodeSelectorTerms.length === 0) return [required(terms, 'must have at least one node selector term')];
  return each(nodeSelectorTerms, terms, (term, where) => validateNodeSelectorTerm(term, where, allowInvalidValues));
}

/** Does a term ask for a value that no label can have? */
export const hasInvalidTermValue = (terms: readonly NodeSelectorTerm[] | undefined): boolean =>
  (terms ?? []).some(({matchExpressions}) =>
    (matchExpressions ?? []).some(({values}) => (values ?? []).some(value => isLabelValue(value).length > 0)),
  );

export const validateNodeSelectorTerm = (term: NodeSelectorTerm, path: FieldPath, allowInvalidValues: boolean): FieldError[] =>
  collect(
    each(term.matchExpressions, child(path, 'matchExpressions'), (requirement, where) =>
      validateRequirement(requirement, where, allowInvalidValues),
    ),
    each(term.matchFields, child(path, 'matchFields'), validateFieldRequirement),
  );

const validateRequirement = (requirement: NodeSelectorRequirement, path: FieldPath, allowInvalidValues: boolean): FieldError[] =>
  collect(
    validateOperator(requirement, path),
    validateLabelName(requirement.key ?? '', child(path, 'key')),
    !allowInvalidValues && each(requirement.values, child(path, 'values'), (value, where) => named(value, where, isLabelValue)),
  );

function validateOperator({operator, values = []}: NodeSelectorRequirement, path: FieldPath): FieldError | false {
  const where = child(path, 'values');
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length === 0 && required(where, "must be specified when `operator` is 'In' or 'NotIn'");
    case 'Exists':
    case 'DoesNotExist':
      return values.length > 0 && forbiddenField(where, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    case 'Gt':
    case 'Lt':
      return values.length !== 1 && required(where, "must be specified single value when `operator` is 'Lt' or 'Gt'");
    default:
      return invalid(child(path, 'operator'), operator ?? '', 'not a valid selector operator');
  }
}

const validateFieldRequirement = (
  {key = '', operator = '', values = []}: Partial<NodeSelectorRequirement>,
  path: FieldPath,
): FieldError[] =>
  collect(
    operator === 'In' || operator === 'NotIn'
      ? values.length !== 1 &&
          required(child(path, 'values'), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
      : invalid(child(path, 'operator'), operator, 'not a valid selector operator'),
    key === 'metadata.name'
      ? values.flatMap((value, i) => named(value, at(child(path, 'values'), i), isDNS1123Subdomain))
      : invalid(child(path, 'key'), key, 'not a valid field selector key'),
  );
