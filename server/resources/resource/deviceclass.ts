import type {FieldError} from '../../api/field.ts';
import {child, invalid} from '../../api/field.ts';
import type {DeviceClass} from '../../api/kinds.generated.ts';
import {isLongName} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import {isExtendedResource} from '../core/resource-names.ts';
import type {Strategy} from '../resource.ts';
import {collect} from '../rules.ts';
import {validateSelector} from './device-selector.ts';
import {MAX_CONFIGS, MAX_SELECTORS, validateOpaque} from './devices.ts';
import {limited} from './names.ts';

/** Upstream: pkg/apis/resource/validation, pkg/registry/resource/deviceclass. */
export const deviceClass: Strategy = {
  validateName: (name, prefix) => (prefix ? [] : isLongName(name)),
  validate,
  validateUpdate: validate,
  returnDeletedObject: true,
};

function validate(object: KubeObject): FieldError[] {
  const {selectors, config, extendedResourceName: name} = (object as DeviceClass).spec;
  return collect(
    limited(selectors, MAX_SELECTORS, 'spec.selectors', validateSelector),
    limited(config, MAX_CONFIGS, 'spec.config', ({opaque}, path) => validateOpaque(opaque, child(path, 'opaque'))),
    name !== undefined && !isExtendedResource(name) && invalid('spec.extendedResourceName', name, 'must be a valid extended resource name'),
  );
}
