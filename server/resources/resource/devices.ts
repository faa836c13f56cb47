import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, notSupported, required, tooLong} from '../../api/field.ts';
import type {Json} from '../../api/json.ts';
import {isObject} from '../../api/json.ts';
import type {DeviceToleration, OpaqueDeviceConfiguration} from '../../api/kinds.generated.ts';
import {isLabelValue, longerThan} from '../../api/names.ts';
import {validateCSIDriverName} from '../core/volume-sources.ts';
import {collect, named, oneOf, requiredOneOf, validateLabelName} from '../rules.ts';

export const MAX_SELECTORS = 32;
export const MAX_CONFIGS = 32;

const MAX_PARAMETERS = 10 * 1024;
export const EFFECTS = ['NoExecute', 'NoSchedule', 'None'];

/** A driver's name (validateDriverName). */
export const validateDriver = validateCSIDriverName;

/** Capitals are taken in a driver's name, but should not be there. */
export const driverWarnings = (driver: string | undefined, path: FieldPath): string[] =>
  driver && driver !== driver.toLowerCase()
    ? [`${path}: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`]
    : [];

export function validateOpaque(opaque: OpaqueDeviceConfiguration | undefined, path: FieldPath): FieldError[] {
  if (!opaque) return [required(path)];
  return collect(
    validateDriver(opaque.driver, child(path, 'driver')),
    validateRaw(opaque.parameters as Json | undefined, child(path, 'parameters')),
  );
}

/** Parameters for a driver: some JSON object. */
export function validateRaw(value: Json | undefined, path: FieldPath): FieldError[] {
  if (value === undefined || value === null) return [required(path)];
  if (longerThan(JSON.stringify(value), MAX_PARAMETERS)) return [tooLong(path, MAX_PARAMETERS)];
  return isObject(value) ? [] : [invalid(path, '<value omitted>', 'must be a valid JSON object')];
}

export function validateToleration({key, operator, value, effect}: DeviceToleration, path: FieldPath): FieldError[] {
  const [ofOperator, ofValue] = [child(path, 'operator'), child(path, 'value')];
  return collect(
    key && validateLabelName(key, child(path, 'key')),
    operator === 'Exists' && value && invalid(ofValue, value, 'must be empty for operator `Exists`'),
    operator === 'Equal' && named(value ?? '', ofValue, isLabelValue),
    !operator && required(ofOperator),
    operator && operator !== 'Exists' && operator !== 'Equal' && notSupported(ofOperator, operator, ['Equal', 'Exists']),
    effect && oneOf(effect, child(path, 'effect'), EFFECTS),
  );
}

/** The effect of a taint has to be there. */
export const validateEffect = (effect: string | undefined, path: FieldPath): FieldError[] => requiredOneOf(effect, path, EFFECTS);
