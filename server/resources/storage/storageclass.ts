import deepEqual from 'fast-deep-equal';
import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, duplicate, required} from '../../api/field.ts';
import type {StorageClass, TopologySelectorTerm} from '../../api/kinds.generated.ts';
import {isQualifiedName} from '../../api/names.ts';
import {deprecatedNodeLabel} from '../core/node-labels.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, immutable, immutableText, named, requiredOneOf, requiredText, validateLabelName} from '../rules.ts';
import {validateParameters} from './parameters.ts';

/** Upstream: pkg/apis/storage/v1/defaults.go, pkg/apis/storage/validation, pkg/registry/storage/storageclass. */
export const storageClass: Strategy = {
  defaults(object) {
    const row = object as StorageClass;
    row.reclaimPolicy ??= 'Delete';
    row.volumeBindingMode ??= 'Immediate';
  },
  validate: object => validate(object as StorageClass),
  validateUpdate(object, old) {
    const [now, before] = [object as StorageClass, old as StorageClass];
    return collect(
      validate(now),
      immutable(now.parameters, before.parameters, 'parameters'),
      immutableText(now.provisioner, before.provisioner, 'provisioner'),
      immutableText(now.reclaimPolicy, before.reclaimPolicy, 'reclaimPolicy'),
      immutableText(now.volumeBindingMode, before.volumeBindingMode, 'volumeBindingMode'),
    );
  },
  warnings: object => ((object as StorageClass).allowedTopologies ?? []).flatMap(labelWarnings),
  generation: 'none',
  returnDeletedObject: true,
};

/** Upstream: pkg/api/storage. */
const labelWarnings = ({matchLabelExpressions}: TopologySelectorTerm, i: number): string[] =>
  (matchLabelExpressions ?? []).flatMap(({key}, j) => {
    const message = deprecatedNodeLabel(key);
    return message === undefined ? [] : [`allowedTopologies[${i}].matchLabelExpressions[${j}].key: ${message}`];
  });

const validate = (row: StorageClass): FieldError[] =>
  collect(
    requiredText(row.provisioner, 'provisioner'),
    row.provisioner && named(row.provisioner.toLowerCase(), 'provisioner', isQualifiedName),
    validateParameters(row.parameters, 'parameters', false),
    row.reclaimPolicy && requiredOneOf(row.reclaimPolicy, 'reclaimPolicy', ['Delete', 'Retain']),
    requiredOneOf(row.volumeBindingMode, 'volumeBindingMode', ['Immediate', 'WaitForFirstConsumer']),
    validateTopologies(row.allowedTopologies ?? [], 'allowedTopologies'),
  );

/**
 * Terms must differ, and in one term no key may come twice. Upstream compares with the earlier terms and as many empty ones as there are terms,
 * so that an empty term is told once for each.
 */
const validateTopologies = (terms: readonly TopologySelectorTerm[], path: FieldPath): FieldError[] =>
  terms.flatMap((term, i) => {
    const others = [...terms.map(() => ({})), ...terms.slice(0, i).map(sets)];
    return collect(
      validateTerm(term, at(path, i)),
      others.filter(other => deepEqual(other, sets(term))).map(() => duplicate(child(at(path, i), 'matchLabelExpressions'), '')),
    );
  });

const sets = (term: TopologySelectorTerm): {[key: string]: string[]} =>
  Object.fromEntries((term.matchLabelExpressions ?? []).map(({key, values}) => [key, [...(values ?? [])].sort()]));

const validateTerm = ({matchLabelExpressions}: TopologySelectorTerm, path: FieldPath): FieldError[] =>
  each(matchLabelExpressions, child(path, 'matchLabelExpressions'), ({key, values}, here, i) =>
    collect(
      (values ?? []).length === 0 && required(child(here, 'values')),
      (values ?? []).flatMap((value, j) => (values!.indexOf(value) < j ? [duplicate(at(child(here, 'values'), j), value)] : [])),
      validateLabelName(key, child(here, 'key')),
      matchLabelExpressions!.findIndex(other => other.key === key) < i && duplicate(child(here, 'key'), key),
    ),
  );
