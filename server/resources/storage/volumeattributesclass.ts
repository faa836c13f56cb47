import type {FieldError} from '../../api/field.ts';
import {forbiddenField} from '../../api/field.ts';
import type {VolumeAttributesClass} from '../../api/kinds.generated.ts';
import {isQualifiedName} from '../../api/names.ts';
import type {Strategy} from '../resource.ts';
import {collect, named, requiredText, semanticEqual} from '../rules.ts';
import {validateParameters} from './parameters.ts';

/** Upstream: pkg/apis/storage/validation, pkg/registry/storage/volumeattributesclass. */
export const volumeAttributesClass: Strategy = {
  validate: object => validate(object as VolumeAttributesClass),
  validateUpdate(object, old) {
    const [now, before] = [object as VolumeAttributesClass, old as VolumeAttributesClass];
    return collect(
      now.driverName !== before.driverName && forbiddenField('driverName', 'updates to driverName are forbidden.'),
      !semanticEqual(now.parameters, before.parameters) && forbiddenField('parameters', 'updates to parameters are forbidden.'),
      validate(now),
    );
  },
  generation: 'none',
  returnDeletedObject: true,
};

const validate = ({driverName, parameters}: VolumeAttributesClass): FieldError[] =>
  collect(
    requiredText(driverName, 'driverName'),
    driverName && named(driverName.toLowerCase(), 'driverName', isQualifiedName),
    validateParameters(parameters, 'parameters', true),
  );
