import type {FieldError, FieldPath} from '../api/field.ts';
import {at, child, duplicate, forbiddenField, invalid, notSupported, required, tooLong} from '../api/field.ts';
import type {Json} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {Condition} from '../api/kinds.generated.ts';
import type {NameCheck} from '../api/names.ts';
import {isConditionReason, isDNS1123Subdomain, isHTTPPath, isLabelValue, isQualifiedName, longerThan} from '../api/names.ts';
import {compareQuantity, quantitySign} from '../api/quantity.ts';
import type {LabelSelector} from '../api/selectors.ts';

/** What a rule may give: errors, one error, or nothing (so that `condition && error` reads as it should). */
export type Findings = readonly FieldError[] | FieldError | false | undefined | null | '' | 0;

/** The findings of several rules as one list, in the order they are written. */
export function collect(...findings: Findings[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const finding of findings) {
    if (!finding) continue;
    if (Array.isArray(finding)) {
      for (const error of finding) errors.push(error);
    } else errors.push(finding as FieldError);
  }
  return errors;
}

/** The rule for every item of a list, told its path. */
export function each<T>(
  list: readonly T[] | undefined | null,
  path: FieldPath,
  rule: (item: T, path: FieldPath, index: number) => Findings,
): FieldError[] {
  if (!list || list.length === 0) return [];
  return collect(...list.map((item, i) => rule(item, at(path, i), i)));
}

export const NOT_NEGATIVE = 'must be greater than or equal to 0';
export const NOT_POSITIVE = 'must be greater than zero';
export const IMMUTABLE = 'field is immutable';

export const nonNegative = (value: number | undefined | null, path: FieldPath): FieldError[] =>
  value !== undefined && value !== null && value < 0 ? [invalid(path, value, NOT_NEGATIVE)] : [];

export const positive = (value: number | undefined | null, path: FieldPath): FieldError[] =>
  value !== undefined && value !== null && value <= 0 ? [invalid(path, value, NOT_POSITIVE)] : [];

export const nonNegativeQuantity = (value: string, path: FieldPath): FieldError[] =>
  quantitySign(value) < 0 ? [invalid(path, value, NOT_NEGATIVE)] : [];

export const positiveQuantity = (value: string, path: FieldPath): FieldError[] =>
  quantitySign(value) <= 0 ? [invalid(path, value, NOT_POSITIVE)] : [];

/** Equal but for what Kubernetes takes as the same: absent and empty lists, amounts in other words. */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === undefined || a === null) return b === undefined || b === null || (Array.isArray(b) && b.length === 0);
  if (b === undefined || b === null) return Array.isArray(a) && a.length === 0;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => semanticEqual(item, b[i]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  for (const key of Object.keys(a)) if (!semanticEqual(a[key], b[key]) && !sameMap(key, a[key], b[key])) return false;
  for (const key of Object.keys(b))
    if (!Object.hasOwn(a, key) && !semanticEqual(undefined, b[key]) && !sameMap(key, undefined, b[key])) return false;
  return true;
}

/** Fields that hold amounts of resources. */
const AMOUNTS: ReadonlySet<string> = new Set(['limits', 'requests', 'overhead']);

/** Of these maps, one without entries is as good as none. */
const sameMap = (field: string, a: unknown = {}, b: unknown = {}): boolean => {
  if (!isObject(a) || !isObject(b)) return false;
  if (field === 'labels') return Object.keys(a).length === 0 && Object.keys(b).length === 0;
  return AMOUNTS.has(field) && equalResources(a as Amounts, b as Amounts);
};

type Amounts = {[name: string]: string};

/** Are two resource lists the same amounts, however they are written? */
export function equalResources(a: Amounts | undefined, b: Amounts | undefined): boolean {
  const [left, right] = [a ?? {}, b ?? {}];
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every(name => right[name] !== undefined && compareQuantity(left[name]!, right[name]) === 0);
}

/** The new value may not differ from the old one (ValidateImmutableField). */
export const immutable = (value: unknown, old: unknown, path: FieldPath): FieldError[] =>
  semanticEqual(value, old) ? [] : [invalid(path, (value ?? null) as Json, IMMUTABLE)];

/** As immutable, for a string: absent is ''. */
export const immutableText = (value: string | undefined, old: string | undefined, path: FieldPath): FieldError[] =>
  (value ?? '') === (old ?? '') ? [] : [invalid(path, value ?? '', IMMUTABLE)];

/** One of these; absent counts as ''. The list is printed as it is given. */
export const oneOf = (value: string | undefined, path: FieldPath, supported: readonly string[]): FieldError[] =>
  supported.includes(value ?? '') ? [] : [notSupported(path, value ?? '', supported)];

/** Missing, or one of these. */
export const requiredOneOf = (value: string | undefined, path: FieldPath, supported: readonly string[], detail = ''): FieldError[] =>
  value ? oneOf(value, path, supported) : [required(path, detail)];

export const requiredText = (value: string | undefined, path: FieldPath, detail = ''): FieldError[] =>
  value ? [] : [required(path, detail)];

/** Each message of a name check as an error. */
export function named(value: string | undefined, path: FieldPath, check: NameCheck): FieldError[] {
  const messages = check(value ?? '');
  return messages.length === 0 ? [] : messages.map(message => invalid(path, value ?? '', message));
}

/** Missing, or a name that passes. */
export const requiredName = (value: string | undefined, path: FieldPath, check: NameCheck, detail = ''): FieldError[] =>
  value ? named(value, path, check) : [required(path, detail)];

/** `example.com/what`: a domain and a path (IsDomainPrefixedPath). */
export function domainPrefixedPath(value: string | undefined, path: FieldPath): FieldError[] {
  if (!value) return [required(path)];
  const slash = value.indexOf('/');
  const [host, rest] = slash < 0 ? [value, ''] : [value.slice(0, slash), value.slice(slash + 1)];
  if (host === '' || rest === '') return [invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  return [...named(host, path, isDNS1123Subdomain), ...named(rest, path, isHTTPPath)];
}

/** No two items with the same key; each later one is told at `path[i]` (and the field below it). */
export function unique<T>(list: readonly T[] | undefined, path: FieldPath, key: (item: T) => string | undefined, field = ''): FieldError[] {
  const seen = new Set<string>();
  return each(list, path, (item, itemPath) => {
    const value = key(item);
    if (value === undefined) return;
    if (seen.has(value)) return duplicate(child(itemPath, field), value);
    seen.add(value);
  });
}

export const validateLabelName = (key: string, path: FieldPath): FieldError[] => named(key, path, isQualifiedName);

/** Keys and values of labels; all errors are told at the map's own path. */
export function validateLabels(labels: {[key: string]: string} | undefined, path: FieldPath): FieldError[] {
  if (!labels) return [];
  const errors: FieldError[] = [];
  for (const key of Object.keys(labels)) errors.push(...named(key, path, isQualifiedName), ...named(labels[key]!, path, isLabelValue));
  return errors;
}

export interface LabelSelectorOptions {
  /** Updates take bad values that were there before. */
  readonly allowInvalidValues?: boolean;
  /** Operators that nobody knows are none of the errors. */
  readonly anyOperator?: boolean;
}

export const validateLabelSelector = (
  selector: LabelSelector | undefined | null,
  path: FieldPath,
  options: LabelSelectorOptions = {},
): FieldError[] =>
  selector
    ? collect(
        validateLabels(selector.matchLabels, child(path, 'matchLabels')),
        each(selector.matchExpressions, child(path, 'matchExpressions'), (requirement, at) =>
          validateRequirement(requirement, at, options),
        ),
      )
    : [];

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number];

export const validateRequirement = ({operator, key, values}: Requirement, path: FieldPath, options: LabelSelectorOptions): FieldError[] =>
  collect(
    operatorErrors(operator ?? '', values?.length ?? 0, path, options),
    validateLabelName(key ?? '', child(path, 'key')),
    !options.allowInvalidValues && each(values, child(path, 'values'), (value, at) => named(value, at, isLabelValue)),
  );

function operatorErrors(operator: string, count: number, path: FieldPath, {anyOperator}: LabelSelectorOptions): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return count === 0 ? [required(child(path, 'values'), "must be specified when `operator` is 'In' or 'NotIn'")] : [];
    case 'Exists':
    case 'DoesNotExist':
      return count > 0 ? [forbiddenField(child(path, 'values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")] : [];
    default:
      return anyOperator ? [] : [invalid(child(path, 'operator'), operator, 'not a valid selector operator')];
  }
}

/** Does a selector hold a value that no label can have? Updates then go on taking it. */
export const hasInvalidLabelValue = (selector: LabelSelector | undefined | null): boolean =>
  (selector?.matchExpressions ?? []).some(({values}) => (values ?? []).some(value => isLabelValue(value).length > 0));

/** metav1.Conditions (ValidateConditions). */
export const validateConditions = (conditions: readonly Condition[] | undefined, path: FieldPath): FieldError[] =>
  collect(
    each(conditions, path, (condition, at, i) =>
      collect(
        conditions!.findIndex(other => other.type === condition.type) < i && duplicate(child(at, 'type'), condition.type),
        validateCondition(condition, at),
      ),
    ),
  );

const validateCondition = (
  {type, status, observedGeneration, lastTransitionTime, reason, message}: Condition,
  path: FieldPath,
): FieldError[] =>
  collect(
    validateLabelName(type ?? '', child(path, 'type')),
    oneOf(status, child(path, 'status'), ['False', 'True', 'Unknown']),
    (observedGeneration ?? 0) < 0 &&
      invalid(child(path, 'observedGeneration'), observedGeneration, 'must be greater than or equal to zero'),
    !lastTransitionTime && required(child(path, 'lastTransitionTime')),
    requiredName(reason, child(path, 'reason'), isConditionReason),
    longerThan(reason ?? '', 1024) && tooLong(child(path, 'reason'), 1024),
    longerThan(message ?? '', 32768) && tooLong(child(path, 'message'), 32768),
  );

/** Go prints a map or list that is not there as `null`. */
export const orNull = (value: unknown): Json => (value ?? null) as Json;
