import type {FieldError, FieldPath} from '../../../api/field.ts';
import {at, child, forbiddenField, invalid, required} from '../../../api/field.ts';
import type {KeyToPath, ProjectedVolumeSource, ServiceAccountTokenProjection, VolumeProjection} from '../../../api/kinds.generated.ts';
import {collect, each} from '../../rules.ts';
import {validateFileMode, validateNonReservedPath} from '../paths.ts';
import {validateDownwardFile} from './downward.ts';
import type {PodOptions} from './options.ts';

/** The file a key of a ConfigMap or Secret goes to. */
export const validateKeyToPath = ({key, path: target = '', mode}: KeyToPath, path: FieldPath): FieldError[] =>
  collect(
    !key && required(child(path, 'key')),
    !target && required(child(path, 'path')),
    validateNonReservedPath(target, child(path, 'path')),
    validateFileMode(mode, child(path, 'mode')),
  );

export function validateProjected(source: ProjectedVolumeSource, path: FieldPath, options: PodOptions): FieldError[] {
  const taken = new Set<string>();
  // Two sources may not write the same file; the clash is told at the volume.
  const claim = (target: string, told: string): FieldError[] => {
    if (taken.has(target)) return [invalid(path, told, 'conflicting duplicate paths')];
    taken.add(target);
    return [];
  };
  return collect(
    validateFileMode(source.defaultMode, child(path, 'defaultMode')),
    each(source.sources, child(path, 'sources'), (projection, at) => validateProjection(projection, path, at, options, claim)),
  );
}

type Claim = (target: string, told: string) => FieldError[];

function validateProjection(
  projection: VolumeProjection,
  volume: FieldPath,
  path: FieldPath,
  options: PodOptions,
  claim: Claim,
): FieldError[] {
  const {secret, configMap, downwardAPI, serviceAccountToken} = projection;
  const count = [secret, configMap, downwardAPI, serviceAccountToken].filter(Boolean).length;
  return collect(
    secret && validateKeys(secret, child(path, 'secret'), claim),
    configMap && validateKeys(configMap, child(path, 'configMap'), claim),
    ...(downwardAPI?.items ?? []).map(file =>
      collect(validateDownwardFile(file, child(path, 'downwardAPI')), file.path && claim(file.path, file.path)),
    ),
    serviceAccountToken && validateToken(serviceAccountToken, volume, child(path, 'serviceAccountToken'), options),
    count > 1 && forbiddenField(path, 'may not specify more than 1 volume type per source'),
  );
}

const validateKeys = ({name, items = []}: {name?: string; items?: KeyToPath[]}, path: FieldPath, claim: Claim): FieldError[] =>
  collect(
    !name && required(child(path, 'name')),
    ...items.map((item, i) => collect(validateKeyToPath(item, at(child(path, 'items'), i)), item.path && claim(item.path, name ?? ''))),
  );

// The token's path is told at the volume, not at the source.
function validateToken(
  {expirationSeconds = 3600, path: target}: ServiceAccountTokenProjection,
  volume: FieldPath,
  path: FieldPath,
  options: PodOptions,
): FieldError[] {
  const expiration = child(path, 'expirationSeconds');
  return collect(
    expirationSeconds < 600 && invalid(expiration, expirationSeconds, 'may not specify a duration less than 10 minutes'),
    expirationSeconds > 2 ** 32 && invalid(expiration, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'),
    !target ? required(child(volume, 'path')) : !options.allowNonLocalTokenPath && validateNonReservedPath(target, child(volume, 'path')),
  );
}
