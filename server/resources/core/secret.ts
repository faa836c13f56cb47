import type {FieldError} from '../../api/field.ts';
import {at, invalid, required, tooLong} from '../../api/field.ts';
import {isObject, setOwn} from '../../api/json.ts';
import type {Secret} from '../../api/kinds.generated.ts';
import {isConfigMapKey} from '../../api/names.ts';
import {keyPairError} from '../certificates/key-pair.ts';
import type {Strategy} from '../resource.ts';
import {collect, immutableText, named} from '../rules.ts';
import {validateImmutable} from './configmap.ts';
import {bytesOfBase64, fillEmptyBytes, MAX_DATA_BYTES} from './data.ts';
import {readJson} from './json-text.ts';

/** Upstream: pkg/apis/core/validation ValidateSecret, pkg/registry/core/secret. */
export const secret: Strategy = {
  generation: 'none',
  defaults(object) {
    const {stringData, data} = object as Secret;
    fillEmptyBytes(data);
    object.type ||= 'Opaque';
    if (stringData === undefined) return;
    for (const [key, value] of Object.entries(stringData)) {
      object.data ??= {};
      if (isObject(object.data)) setOwn(object.data, key, Buffer.from(value).toString('base64'));
    }
    delete object.stringData;
  },
  validate: object => validateSecret(object as Secret),
  validateUpdate: (object, old) =>
    collect(
      immutableText((object as Secret).type, (old as Secret).type, 'type'),
      validateImmutable(object as Secret, old as Secret),
      validateSecret(object as Secret),
    ),
  warnings: object => tlsWarnings(object as Secret),
  fields: object => ({type: (object as Secret).type ?? ''}),
  unknownField: label => `field label not supported: ${label}`,
};

function validateSecret(object: Secret): FieldError[] {
  const {data = {}} = object;
  let size = 0;
  for (const value of Object.values(data)) size += bytesOfBase64(value);
  return collect(
    ...Object.keys(data).map(key => named(key, at('data', key), isConfigMapKey)),
    size > MAX_DATA_BYTES && tooLong('data', MAX_DATA_BYTES),
    validateType(object),
  );
}

const ACCOUNT = 'kubernetes.io/service-account.name';

function validateType({type, metadata, data = {}}: Secret): FieldError[] {
  const missing = (key: string): FieldError[] => (data[key] === undefined ? [required(at('data', key))] : []);
  switch (type) {
    case 'kubernetes.io/service-account-token':
      return metadata.annotations?.[ACCOUNT] ? [] : [required(at('metadata.annotations', ACCOUNT))];
    case 'kubernetes.io/dockercfg':
      return validateJSON(data, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return validateJSON(data, '.dockerconfigjson');
    case 'kubernetes.io/basic-auth':
      return data.username === undefined && data.password === undefined ? [...missing('username'), ...missing('password')] : [];
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required(at('data', 'ssh-privatekey'))];
    case 'kubernetes.io/tls':
      return [...missing('tls.crt'), ...missing('tls.key')];
    default:
      return [];
  }
}

function validateJSON(data: {[key: string]: string}, key: string): FieldError[] {
  const value = data[key];
  if (value === undefined) return [required(at('data', key))];
  const reading = readJson(Buffer.from(value, 'base64'), 'object', 'map[string]interface {}');
  return 'error' in reading ? [invalid(at('data', key), '<secret contents redacted>', reading.error)] : [];
}

/** A TLS secret is taken whatever it holds, with the words of crypto/tls. */
function tlsWarnings({type, data = {}}: Secret): string[] {
  if (type !== 'kubernetes.io/tls') return [];
  const error = keyPairError(data['tls.crt'] ?? '', data['tls.key'] ?? '');
  return error === undefined ? [] : [error];
}
