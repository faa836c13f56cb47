import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, duplicate, forbiddenField, invalid, required} from '../../api/field.ts';
import type {CapacityRequestPolicy, CapacityRequestPolicyRange} from '../../api/kinds.generated.ts';
import {addQuantity, compareQuantity, parseQuantity} from '../../api/quantity.ts';
import {collect, each} from '../rules.ts';
import {limited} from './names.ts';

const MAX_VALUES = 10;

/** How much of a shared capacity a request may take (validateRequestPolicy). */
export function validateRequestPolicy(policy: CapacityRequestPolicy, capacity: string, path: FieldPath): FieldError[] {
  const {default: given, validRange, validValues = []} = policy;
  if (validRange && validValues.length > 0)
    return [forbiddenField(path, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time')];
  const kind = validValues.length > 0 ? 'validValues' : validRange && 'validRange';
  if (!kind) return [];
  if (given === undefined || given === null) return [required(child(path, 'default'), `required when ${kind} is defined`)];
  const here = child(path, kind);
  return validRange ? validateRange(validRange, given, capacity, here) : validateValues(validValues, given, capacity, here);
}

function validateRange({min, max, step}: CapacityRequestPolicyRange, given: string, capacity: string, path: FieldPath): FieldError[] {
  const more = (a: string, b: string): boolean => compareQuantity(a, b) > 0;
  const [ofMin, ofMax] = [child(path, 'min'), child(path, 'max')];
  if (min === undefined || min === null) return [required(ofMin, 'required when validRange is defined')];
  return collect(
    more(min, capacity) && invalid(ofMin, min, `min is larger than capacity value: ${capacity}`),
    more(min, given) && invalid(ofMin, given, `default is less than min: ${min}`),
    max !== undefined && more(min, max) && invalid(ofMax, min, `min is larger than max: ${max}`),
    max !== undefined && more(max, capacity) && invalid(ofMax, max, `max is larger than capacity value: ${capacity}`),
    max !== undefined && more(given, max) && invalid(ofMax, given, `default is more than max: ${max}`),
    step !== undefined && validateStep(min, max, step, given, capacity, child(path, 'step')),
  );
}

function validateStep(min: string, max: string | undefined, step: string, given: string, capacity: string, path: FieldPath): FieldError[] {
  const one = addQuantity(min, step);
  const off = (value: string | undefined): value is string =>
    value !== undefined && wholeUnits(step) !== 0n && (wholeUnits(value) - wholeUnits(min)) % wholeUnits(step) !== 0n;
  const uneven = (value: string): FieldError => invalid(path, value, `value is not a multiple of a given step (${step}) from (${min})`);
  return collect(
    compareQuantity(one, capacity) > 0 && invalid(path, step, `one step ${one} is larger than capacity value: ${capacity}`),
    off(given) && uneven(given),
    off(max) && uneven(max),
  );
}

/** The amount in whole units, rounded up as Quantity.Value does. */
function wholeUnits(text: string): bigint {
  const {unscaled, scale} = parseQuantity(text);
  if (scale <= 0) return unscaled * 10n ** BigInt(-scale);
  const unit = 10n ** BigInt(scale);
  return unscaled / unit + (unscaled > 0n && unscaled % unit !== 0n ? 1n : 0n);
}

function validateValues(values: readonly string[], given: string, capacity: string, path: FieldPath): FieldError[] {
  const units = values.map(wholeUnits);
  return collect(
    each(
      values,
      path,
      (value, here, i) =>
        i > 0 && compareQuantity(values[i - 1]!, value) > 0 && invalid(here, value, 'values must be sorted in ascending order'),
    ),
    limited(
      values,
      MAX_VALUES,
      path,
      (value, here) => compareQuantity(value, capacity) > 0 && invalid(here, value, `option is larger than capacity value: ${capacity}`),
    ),
    values.length <= MAX_VALUES && each(units, path, (unit, here, i) => (units.indexOf(unit) < i ? duplicate(here, String(unit)) : false)),
    (values.length > MAX_VALUES || !values.some(value => compareQuantity(value, given) === 0)) &&
      invalid(path, given, 'default value is not valid according to the requestPolicy'),
  );
}
