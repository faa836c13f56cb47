import type {FieldError, FieldPath} from '../../../api/field.ts';
import {child, invalid, required} from '../../../api/field.ts';
import type {EnvFromSource, EnvVar, FileKeySelector, SecretKeySelector} from '../../../api/kinds.generated.ts';
import {isConfigMapKey, isDNS1123Label, isDNS1123Subdomain, isRelaxedEnvVarName, nameIsDNSSubdomain} from '../../../api/names.ts';
import type {Findings} from '../../rules.ts';
import {collect, each, named, requiredName} from '../../rules.ts';
import {validateNoBacksteps} from '../paths.ts';
import {validateEnvFieldRef, validateResourceFieldRef} from './downward.ts';

export const validateEnv = (variables: readonly EnvVar[] | undefined, path: FieldPath): FieldError[] =>
  each(variables, path, (variable, at) =>
    collect(requiredName(variable.name, child(at, 'name'), isRelaxedEnvVarName), validateValueFrom(variable, child(at, 'valueFrom'))),
  );

function validateValueFrom({value, valueFrom}: EnvVar, path: FieldPath): FieldError[] {
  if (!valueFrom) return [];
  const {fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef} = valueFrom;
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(Boolean).length;
  return collect(
    fieldRef && validateEnvFieldRef(fieldRef, child(path, 'fieldRef')),
    resourceFieldRef && validateResourceFieldRef(resourceFieldRef, child(path, 'resourceFieldRef'), false),
    configMapKeyRef && validateKey(configMapKeyRef, child(path, 'configMapKeyRef')),
    secretKeyRef && validateKey(secretKeyRef, child(path, 'secretKeyRef')),
    fileKeyRef && validateFileKey(fileKeyRef, child(path, 'fileKeyRef')),
    count === 0
      ? invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`')
      : value
        ? invalid(path, '', 'may not be specified when `value` is not empty')
        : count > 1 && invalid(path, '', MORE_THAN_ONE),
  );
}

const MORE_THAN_ONE = 'may not have more than one field specified at a time';

const validateKey = ({name, key}: SecretKeySelector, path: FieldPath): FieldError[] =>
  collect(named(name, child(path, 'name'), isDNS1123Subdomain), requiredName(key, child(path, 'key'), isConfigMapKey));

const validateFileKey = ({key, volumeName, path: file}: FileKeySelector, path: FieldPath): FieldError[] =>
  collect(
    requiredName(key, child(path, 'key'), isRelaxedEnvVarName),
    requiredName(volumeName, child(path, 'volumeName'), isDNS1123Label),
    file ? validateNoBacksteps(file, child(path, 'path')) : required(child(path, 'path')),
  );

// What a source lacks is told at the list, not at the item.
export const validateEnvFrom = (sources: readonly EnvFromSource[] | undefined, path: FieldPath): FieldError[] =>
  each(
    sources,
    path,
    ({prefix, configMapRef, secretRef}, at): Findings =>
      collect(
        prefix && named(prefix, child(at, 'prefix'), isRelaxedEnvVarName),
        configMapRef && requiredName(configMapRef.name, child(at, 'configMapRef', 'name'), prefixName),
        secretRef && requiredName(secretRef.name, child(at, 'secretRef', 'name'), prefixName),
        !configMapRef && !secretRef && invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'),
        configMapRef && secretRef && invalid(path, '', MORE_THAN_ONE),
      ),
  );

const prefixName = (name: string): string[] => nameIsDNSSubdomain(name, true);
