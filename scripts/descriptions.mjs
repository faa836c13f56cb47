/**
 * Writes dist/openapi/descriptions.json: the texts of API types and their fields, from the doc comments in the type declarations of
 * the development dependency kubernetes-models. They are not part of this repository; without them OpenAPI documents and Tables only
 * lack `description`. Definitions that the package does not know get none.
 */
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** Tables still use texts of these. */
const NO_LONGER_SERVED = [
  'api.certificates.v1beta1.CertificateSigningRequestSpec',
  'api.certificates.v1beta1.CertificateSigningRequestStatus',
  'api.rbac.v1beta1.ClusterRoleBinding',
  'api.rbac.v1beta1.RoleBinding',
];

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'dist/openapi/descriptions.json');
const [models, machinery] = ['kubernetes-models', '@kubernetes-models/apimachinery'].map(folderOf);
if (models && machinery) {
  const groups = readdirSync(models);
  const definitions = JSON.parse(readFileSync(join(root, 'openapi/1.36/schemas.json'), 'utf8'));
  const typeMeta = textsOf(join(machinery, 'apis/meta/v1/Status.d.ts'));
  const texts = Object.fromEntries(
    Object.entries(definitions)
      .map(([name, definition]) => [name, describe(fileOf(name, groups), Object.keys(definition.p ?? {}), typeMeta)])
      .concat(NO_LONGER_SERVED.map(name => [name, textsOf(fileOf(name, groups))]))
      .filter(([, found]) => found !== undefined),
  );
  mkdirSync(dirname(target), {recursive: true});
  writeFileSync(target, JSON.stringify(texts));
}

function folderOf(name) {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return folders.map(folder => join(folder, name)).find(folder => existsSync(folder));
}

/** `api.core.v1.Pod` is v1/Pod, `api.rbac.v1.Role` rbac.authorization.k8s.io/v1/Role, and apimachinery has a package of its own. */
function fileOf(name, groups) {
  const parts = name.split('.');
  if (parts[0] === 'apimachinery') return join(machinery, `${parts.slice(2).join('/')}.d.ts`);
  const [group, version, kind] = parts.slice(-3);
  const folder = group === 'core' ? '' : groups.find(each => each === group || each.startsWith(`${group}.`));
  return folder === undefined ? undefined : join(models, folder, version, `${kind}.d.ts`);
}

function describe(file, fields, typeMeta) {
  if (file === undefined || !existsSync(file)) return undefined;
  const texts = textsOf(file);
  // The package says nothing of what every kind has.
  const all = {apiVersion: typeMeta.apiVersion, kind: typeMeta.kind, ...texts};
  return Object.fromEntries(['', ...fields].filter(field => all[field] !== undefined).map(field => [field, all[field]]));
}

/** Texts by field, of the type itself by ''. */
function textsOf(file) {
  const [declaration] = readFileSync(file, 'utf8').split('export declare class');
  const found = {};
  for (const [, comment, field] of declaration.matchAll(/\/\*\*\n((?:\s*\*(?!\/).*\n)+)\s*\*\/\n(?: {4}"(.+)"\??:|export )/g)) {
    found[field ?? ''] ??= comment
      .trimEnd()
      .replace(/^\s*\* ?/gm, '')
      .replace(/\n@deprecated$/, '')
      .replace(/\\([*/])/g, '$1');
  }
  return found;
}
