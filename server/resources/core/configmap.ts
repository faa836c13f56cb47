import type {FieldError} from '../../api/field.ts';
import {at, forbiddenField, invalid, tooLong} from '../../api/field.ts';
import type {ConfigMap} from '../../api/kinds.generated.ts';
import {isConfigMapKey} from '../../api/names.ts';
import type {Strategy} from '../resource.ts';
import {collect, named, semanticEqual} from '../rules.ts';
import {bytesOfBase64, fillEmptyBytes, MAX_DATA_BYTES} from './data.ts';

/** Upstream: pkg/apis/core/validation ValidateConfigMap, pkg/registry/core/configmap. */
export const configMap: Strategy = {
  generation: 'none',
  defaults: object => fillEmptyBytes((object as ConfigMap).binaryData),
  validate: object => validateConfigMap(object as ConfigMap),
  validateUpdate: (object, old) =>
    collect(validateImmutable(object as ConfigMap, old as ConfigMap), validateConfigMap(object as ConfigMap)),
};

function validateConfigMap({data = {}, binaryData = {}}: ConfigMap): FieldError[] {
  let size = 0;
  for (const value of Object.values(data)) size += Buffer.byteLength(value);
  for (const value of Object.values(binaryData)) size += bytesOfBase64(value);
  return collect(
    ...Object.keys(data).map(key =>
      collect(
        named(key, at('data', key), isConfigMapKey),
        Object.hasOwn(binaryData, key) && invalid(at('data', key), key, 'duplicate of key present in binaryData'),
      ),
    ),
    ...Object.keys(binaryData).map(key => named(key, at('binaryData', key), isConfigMapKey)),
    size > MAX_DATA_BYTES && tooLong('[]', MAX_DATA_BYTES),
  );
}

/** Once immutable, always immutable; also of Secrets, which have no binaryData. */
export function validateImmutable(object: ConfigMap, old: ConfigMap): FieldError[] {
  if (!old.immutable) return [];
  const message = 'field is immutable when `immutable` is set';
  return collect(
    !object.immutable && forbiddenField('immutable', message),
    !semanticEqual(object.data ?? {}, old.data ?? {}) && forbiddenField('data', message),
    // Of binary data, none at all and an empty map are not the same.
    !semanticEqual(object.binaryData, old.binaryData) && forbiddenField('binaryData', message),
  );
}
