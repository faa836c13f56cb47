import type {FieldError} from '../../api/field.ts';
import {required} from '../../api/field.ts';
import {isObject} from '../../api/json.ts';
import type {KubeObject} from '../../api/object.ts';
import type {Strategy} from '../resource.ts';
import {collect, immutable, nonNegative} from '../rules.ts';

/** Upstream: pkg/apis/apps/validation, pkg/registry/apps/controllerrevision. */
export const controllerRevision: Strategy = {
  validate,
  validateUpdate: (object, old) =>
    collect(nonNegative(object.revision as number | undefined, 'revision'), immutable(object.data, old.data, 'data')),
  generation: 'none',
};

function validate(object: KubeObject): FieldError[] {
  const data = object.data;
  return collect(
    nonNegative(object.revision as number | undefined, 'revision'),
    (data === undefined || data === null) && required('data', 'data is mandatory'),
    data !== undefined && data !== null && !isObject(data) && required('data', 'data must be a valid JSON object'),
  );
}
