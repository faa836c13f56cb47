import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import {badRequest, requestEntityTooLarge} from '../api/status.ts';
import {DecodeError, plainJson} from '../schema/document.ts';
import {parseJson} from '../schema/parse-json.ts';
import {parseYaml} from '../schema/parse-yaml.ts';

// k8s.io/apiserver/pkg/endpoints/handlers/patch.go: maxJSONPatchOperations.
const MAX_OPERATIONS = 10_000;

const typeName = (value: Json): string =>
  Array.isArray(value) ? 'array' : isObject(value) ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value;

/** The body of a json, merge or strategic patch; 400 where it does not decode, 413 for too many operations. */
export function parsePatchJson(body: Buffer | JsonObject | Json[], operations: boolean): Json {
  const value = Buffer.isBuffer(body) ? parse(body) : body;
  if (operations) {
    if (!Array.isArray(value))
      throw badRequest(`error decoding patch: json: cannot unmarshal ${typeName(value)} into Go value of type []handlers.jsonPatchOp`);
    if (value.length > MAX_OPERATIONS) {
      throw requestEntityTooLarge(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${value.length}`);
    }
    return value;
  }
  if (value === null) throw badRequest('Invalid JSON Patch');
  if (!isObject(value))
    throw badRequest(`error decoding patch: json: cannot unmarshal ${typeName(value)} into Go value of type map[string]interface {}`);
  return value;
}

function parse(body: Buffer): Json {
  try {
    return plainJson(parseJson(body.toString()));
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(`error decoding patch: ${error.message}`);
    throw error;
  }
}

/** The body of an apply patch, which is YAML (and so JSON too). */
export function parsePatchYaml(body: Buffer | JsonObject | Json[]): {object: JsonObject; strictErrors: readonly string[]} {
  if (!Buffer.isBuffer(body)) return {object: body as JsonObject, strictErrors: []};
  try {
    const document = parseYaml(body.toString());
    const value = plainJson(document);
    if (!isObject(value))
      throw badRequest(`error decoding YAML: json: cannot unmarshal ${typeName(value)} into Go value of type map[string]interface {}`);
    return {object: value, strictErrors: document.strictErrors};
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
    throw error;
  }
}
