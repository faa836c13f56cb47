import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, required, tooLong} from '../../api/field.ts';
import type {DeviceSelector} from '../../api/kinds.generated.ts';
import {longerThan} from '../../api/names.ts';
import {DEVICE_ENVIRONMENT} from '../../schema/cel/device-environment.ts';
import {checkExpression} from '../../schema/cel/environment.ts';
import {formatType} from '../../schema/cel/types.ts';

const MAX_EXPRESSION = 10 * 1024;

export function validateSelector({cel}: DeviceSelector, path: FieldPath): FieldError[] {
  if (!cel) return [required(child(path, 'cel'))];
  const {expression = ''} = cel;
  const here = child(path, 'cel', 'expression');
  if (longerThan(expression, MAX_EXPRESSION)) return [tooLong(here, MAX_EXPRESSION)];
  const result = checkExpression(DEVICE_ENVIRONMENT, expression);
  if ('error' in result) return [invalid(here, expression, `compilation failed: ${result.error}`)];
  const {type} = result.checked;
  return type.kind === 'bool' || type.kind === 'dyn'
    ? []
    : [invalid(here, expression, `must evaluate to bool or the unknown type, not ${formatType(type)}`)];
}
