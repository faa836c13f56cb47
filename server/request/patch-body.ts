import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import {badRequest} from '../api/status.ts';
import {jsonTypeName} from '../patch/go-format.ts';
import {unknownOperationFields} from '../patch/json.ts';
import type {Document, Parsed} from '../schema/document.ts';
import {DecodeError, plainJson} from '../schema/document.ts';
import {parseJson} from '../schema/parse-json.ts';
import {parseYaml} from '../schema/parse-yaml.ts';

/** What a PATCH sends, before anyone looks at what it means. */
export interface PatchBody {
  readonly value: Json;
  /** Keys that occur twice, and what else strict decoding complains of. */
  readonly strictErrors: readonly string[];
  /** See Document. */
  readonly duplicates: Document['duplicates'];
}

/** The body of a json, merge or strategic patch. Throws 400 where it is no JSON; `prefix` introduces the decoder's message. */
export function parsePatchJson(body: Buffer | JsonObject | Json[], prefix: string): PatchBody {
  if (!Buffer.isBuffer(body)) return {value: body, strictErrors: [], duplicates: undefined};
  try {
    const document = parseJson(body.toString());
    const strictErrors = document.duplicates ? duplicateFields(document, document.value, '') : [];
    return {value: plainJson(document), strictErrors, duplicates: document.duplicates};
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(prefix + error.message);
    throw error;
  }
}

/** What strict decoding says of a JSON patch. */
export const operationErrors = ({value, strictErrors}: PatchBody): string[] => [
  ...strictErrors.map(error => `json patch ${error}`),
  ...unknownOperationFields(value),
];

function duplicateFields(document: Document, value: Parsed, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => duplicateFields(document, item, `${path}[${index}]`));
  if (!isObject(value)) return [];
  const seen = new Set<string>();
  const errors: string[] = [];
  for (const [key, member] of document.duplicates?.get(value) ?? Object.entries(value)) {
    const place = path === '' ? key : `${path}.${key}`;
    if (seen.has(key)) errors.push(`duplicate field ${JSON.stringify(place)}`);
    seen.add(key);
    errors.push(...duplicateFields(document, member!, place));
  }
  return errors;
}

/** The body of an apply patch, which is YAML (and so JSON too). Throws 400. */
export function parsePatchYaml(body: Buffer | JsonObject | Json[]): {object: JsonObject; strictErrors: readonly string[]} {
  if (!Buffer.isBuffer(body)) return {object: asConfiguration(body), strictErrors: []};
  try {
    const document = parseYaml(body.toString());
    return {object: asConfiguration(plainJson(document)), strictErrors: document.strictErrors};
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
    throw error;
  }
}

function asConfiguration(value: Json): JsonObject {
  if (value === null) return {};
  if (isObject(value)) return value;
  throw badRequest(
    'error decoding YAML: error unmarshaling JSON: while decoding JSON: ' +
      `json: cannot unmarshal ${jsonTypeName(value)} into Go value of type map[string]interface {}`,
  );
}
