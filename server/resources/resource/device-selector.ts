import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, required, tooLong} from '../../api/field.ts';
import type {DeviceSelector} from '../../api/kinds.generated.ts';
import {longerThan} from '../../api/names.ts';
import {baseEnvironment, checkExpression, withVariables} from '../../schema/cel/environment.ts';
import {QUANTITY_TYPE} from '../../schema/cel/library/quantities.ts';
import {BOOL, DYN, formatType, mapOf, objectType, STRING} from '../../schema/cel/types.ts';

const MAX_EXPRESSION = 10 * 1024;

/** What expressions know of a device (k8s.io/dynamic-resource-allocation/cel). */
const DEVICE = objectType(
  'kubernetes.DRADevice',
  new Map([
    ['driver', STRING],
    ['attributes', mapOf(STRING, mapOf(STRING, DYN))],
    ['capacity', mapOf(STRING, mapOf(STRING, QUANTITY_TYPE))],
    ['allowMultipleAllocations', BOOL],
  ]),
);

const ENVIRONMENT = withVariables(baseEnvironment(), new Map([['device', DEVICE]]));

export function validateSelector({cel}: DeviceSelector, path: FieldPath): FieldError[] {
  if (!cel) return [required(child(path, 'cel'))];
  const {expression = ''} = cel;
  const here = child(path, 'cel', 'expression');
  if (longerThan(expression, MAX_EXPRESSION)) return [tooLong(here, MAX_EXPRESSION)];
  const result = checkExpression(ENVIRONMENT, expression);
  if ('error' in result) return [invalid(here, expression, `compilation failed: ${result.error}`)];
  const {type} = result.checked;
  return type.kind === 'bool' || type.kind === 'dyn'
    ? []
    : [invalid(here, expression, `must evaluate to bool or the unknown type, not ${formatType(type)}`)];
}
