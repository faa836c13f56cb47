/**
 * Writes dist/openapi/descriptions.json: the texts of API types and their fields, from the doc comments in the type declarations of
 * the development dependency @kubernetes/client-node. They are not part of this repository; without them OpenAPI documents only lack
 * `description`. Definitions that the package does not know get none.
 */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

// The package has two blanks where a paragraph ends, and where an author put two blanks between sentences: in these types' texts.
const TWO_BLANKS = /^api\.(autoscaling\.v2|core\.v1\.Service|flowcontrol\.v1|storage\.v1\.StorageClass)/;

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'dist/openapi/descriptions.json');
const models = modelsFolder();
if (models) {
  const definitions = JSON.parse(readFileSync(join(root, 'openapi/1.36/schemas.json'), 'utf8'));
  const texts = Object.fromEntries(
    Object.entries(definitions)
      .map(([name, definition]) => [name, describe(name, Object.keys(definition.p ?? {}))])
      .filter(([, found]) => found !== undefined),
  );
  mkdirSync(dirname(target), {recursive: true});
  writeFileSync(target, JSON.stringify(texts));
}

function modelsFolder() {
  try {
    const entry = createRequire(import.meta.url).resolve('@kubernetes/client-node');
    const folder = join(entry.slice(0, entry.indexOf('client-node') + 'client-node'.length), 'dist/gen/models');
    return existsSync(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** The package calls `api.core.v1.Pod` V1Pod, and CoreV1Event what several groups have. */
function describe(name, fields) {
  const [group, version, kind] = name.split('.').slice(-3);
  const title = word => word[0].toUpperCase() + word.slice(1);
  const file = [`${title(group)}${title(version)}${kind}`, `${title(version)}${kind}`].find(each =>
    existsSync(join(models, `${each}.d.ts`)),
  );
  if (file === undefined) return undefined;
  const text = readFileSync(join(models, `${file}.d.ts`), 'utf8');
  const found = {};
  const about = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export declare class/.exec(text);
  if (about) found[''] = plain(about[1], name);
  const baseNames = new Map(
    [...readFileSync(join(models, `${file}.js`), 'utf8').matchAll(/"name": "([^"]+)",\s*"baseName": "([^"]+)"/g)].map(match => [
      match[1],
      match[2],
    ]),
  );
  for (const [, comment, property] of text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*'([^']+)'\??:/g)) {
    const field = baseNames.get(property) ?? property;
    if (fields.includes(field)) found[field] = plain(comment, name);
  }
  const known = [...baseNames.values()];
  // Another group's type of the same name has other fields.
  return fields.length > 0 && known.filter(field => fields.includes(field)).length * 2 < known.length ? undefined : found;
}

function plain(comment, name) {
  const text = comment
    .replace(/^\s*\*\s?/gm, '')
    .trim()
    .replace(/\\(["'])/g, '$1');
  return TWO_BLANKS.test(name) ? text : text.replaceAll('  ', '\n\n');
}
