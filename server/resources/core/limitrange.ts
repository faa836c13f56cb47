import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, duplicate, forbiddenField, invalid, required} from '../../api/field.ts';
import type {LimitRange, LimitRangeItem} from '../../api/kinds.generated.ts';
import {isQualifiedName} from '../../api/names.ts';
import {compareQuantity, milliValue, quantityValue} from '../../api/quantity.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, named} from '../rules.ts';
import {roundResources} from './pod/defaults.ts';
import {isOvercommitAllowed, validateContainerResourceName, validateResourceName} from './resource-names.ts';

/** Upstream: pkg/apis/core/validation ValidateLimitRange, pkg/registry/core/limitrange. */
export const limitRange: Strategy = {
  generation: 'none',
  allowCreateOnUpdate: true,
  metadataOnUpdate: 'create',
  defaults(object) {
    for (const item of (object as LimitRange).spec?.limits ?? []) defaultItem(item);
  },
  prepareForCreate(object, {random}) {
    object.metadata.name ||= random.uuid();
  },
  validate: object => validateLimits(object as LimitRange),
  validateUpdate: object => validateLimits(object as LimitRange),
};

const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

/** Of containers, what is left out follows from the rest: limits from the maximum, requests from limits or the minimum. */
function defaultItem(item: LimitRangeItem): void {
  for (const list of LISTS) roundResources(item[list]);
  if (item.type !== 'Container') return;
  const {max = {}, min = {}} = item;
  item.default = {...max, ...item.default};
  item.defaultRequest = {...min, ...item.default, ...item.defaultRequest};
  for (const list of ['default', 'defaultRequest'] as const) if (Object.keys(item[list]!).length === 0) delete item[list];
}

function validateLimits({spec}: LimitRange): FieldError[] {
  const limits = spec?.limits ?? [];
  return each(limits, 'spec.limits', (item, where, i) =>
    collect(
      validateType(item.type ?? '', child(where, 'type')),
      limits.findIndex(({type}) => type === item.type) < i && duplicate(child(where, 'type'), item.type ?? ''),
      validateNames(item, where),
      ...resourcesOf(item).map(name => validateAmounts(item, name, where)),
    ),
  );
}

function validateType(type: string, path: FieldPath): FieldError[] {
  const errors = named(type, path, isQualifiedName);
  if (errors.length > 0 || type.includes('/') || ['Pod', 'Container', 'PersistentVolumeClaim'].includes(type)) return errors;
  return [invalid(path, type, 'must be a standard limit type or fully qualified')];
}

function validateNames(item: LimitRangeItem, path: FieldPath): FieldError[] {
  const validateName = item.type === 'Pod' || item.type === 'Container' ? validateContainerResourceName : validateResourceName;
  const names = (list: (typeof LISTS)[number]): FieldError[] =>
    Object.keys(item[list] ?? {}).flatMap(name => validateName(name, at(child(path, list), name)));
  const refused = (list: 'default' | 'defaultRequest'): FieldError[] =>
    Object.keys(item[list] ?? {}).length > 0 ? [forbiddenField(child(path, list), "may not be specified when `type` is 'Pod'")] : [];
  const check = item.type === 'Pod' ? refused : names;
  const storage = item.min?.storage ?? item.max?.storage;
  return collect(
    names('max'),
    names('min'),
    check('default'),
    check('defaultRequest'),
    item.type === 'PersistentVolumeClaim' &&
      storage === undefined &&
      required(child(path, 'limits'), 'either minimum or maximum storage value is required, but neither was provided'),
    names('maxLimitRequestRatio'),
  );
}

/** All resources an item speaks of; the defaults of pods are refused and not looked at further. */
function resourcesOf(item: LimitRangeItem): string[] {
  const lists = item.type === 'Pod' ? (['max', 'min', 'maxLimitRequestRatio'] as const) : LISTS;
  return [...new Set(lists.flatMap(list => Object.keys(item[list] ?? {})))].sort();
}

function validateAmounts(item: LimitRangeItem, name: string, path: FieldPath): FieldError[] {
  const ofPod = item.type === 'Pod';
  const [min, max, ratio] = [item.min?.[name], item.max?.[name], item.maxLimitRequestRatio?.[name]];
  const limit = ofPod ? undefined : item.default?.[name];
  const request = ofPod ? undefined : item.defaultRequest?.[name];
  const more = (a: string | undefined, b: string | undefined): boolean => a !== undefined && b !== undefined && compareQuantity(a, b) > 0;
  const told = (list: string, value: string | undefined, message: string) => invalid(at(child(path, list), name), value, message);
  return collect(
    more(min, max) && told('min', min, `min value ${min} is greater than max value ${max}`),
    more(min, request) && told('defaultRequest', request, `min value ${min} is greater than default request value ${request}`),
    more(request, max) && told('defaultRequest', request, `default request value ${request} is greater than max value ${max}`),
    more(request, limit) &&
      told('defaultRequest', request, `default request value ${request} is greater than default limit value ${limit}`),
    more(min, limit) && told('default', min, `min value ${min} is greater than default value ${limit}`),
    more(limit, max) && told('default', max, `default value ${limit} is greater than max value ${max}`),
    ratio !== undefined && compareQuantity(ratio, '1') < 0 && told('maxLimitRequestRatio', ratio, `ratio ${ratio} is less than 1`),
    ratio !== undefined &&
      min !== undefined &&
      max !== undefined &&
      validateRatio(ratio, min, max, at(child(path, 'maxLimitRequestRatio'), name)),
    !isOvercommitAllowed(name) &&
      limit !== undefined &&
      request !== undefined &&
      compareQuantity(limit, request) !== 0 &&
      told('defaultRequest', request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`),
  );
}

// Amounts beyond this are compared in whole units (resource.MaxMilliValue).
const MAX_MILLI = Number(9223372036854775n);

function validateRatio(ratio: string, min: string, max: string, path: FieldPath): FieldError | false {
  const small = [ratio, min, max].every(value => quantityValue(value) < MAX_MILLI);
  const amount = small ? milliValue : quantityValue;
  const limit = amount(max) / amount(min);
  const value = small ? milliValue(ratio) / 1000 : quantityValue(ratio);
  return value > limit && invalid(path, ratio, `ratio ${ratio} is greater than max/min = ${goFloat(limit)}`);
}

/** As Go prints a float with %f. */
const goFloat = (value: number): string => (Number.isFinite(value) ? value.toFixed(6) : value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN');
