import type {FieldError, FieldPath} from '../api/field.ts';
import {invalid} from '../api/field.ts';
import type {IntOrString} from '../api/kinds.generated.ts';
import {isPercent} from '../api/names.ts';
import {collect, nonNegative} from './rules.ts';

/** A count that is not negative, or a percentage (`validation.ValidatePositiveIntOrPercent`). */
export const countOrPercent = (value: IntOrString | undefined, path: FieldPath): FieldError[] => {
  if (typeof value === 'string') return isPercent(value).map(message => invalid(path, value, message));
  return nonNegative(value, path);
};

/** Percentages end at 100; counts are not looked at (`validation.IsNotMoreThan100Percent`). */
export const atMostHundredPercent = (value: IntOrString | undefined, path: FieldPath): FieldError[] => {
  if (typeof value !== 'string' || isPercent(value).length > 0 || Number.parseInt(value, 10) <= 100) return [];
  return [invalid(path, value, 'must not be greater than 100%')];
};

/** A count or percentage with both rules. */
export const countOrPercentUpTo100 = (value: IntOrString | undefined, path: FieldPath): FieldError[] =>
  collect(countOrPercent(value, path), atMostHundredPercent(value, path));

/** The bare number of a count or percentage, 0 for what is neither. */
export const countOrPercentValue = (value: IntOrString | undefined): number => {
  if (typeof value === 'number') return value;
  return value !== undefined && (isPercent(value).length === 0 || /^[+-]?\d+$|^[+-]?\d{20}/.test(value)) ? Number.parseInt(value, 10) : 0;
};
