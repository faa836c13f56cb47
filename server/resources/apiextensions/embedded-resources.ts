import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, invalid, required} from '../../api/field.ts';
import type {Json, JsonObject} from '../../api/json.ts';
import {isObject} from '../../api/json.ts';
import {isDNS1035Label, isPathSegmentName} from '../../api/names.ts';
import type {ObjectMeta} from '../../api/object.ts';
import {parseGroupVersion} from '../../api/object.ts';
import type {Structural} from '../../schema/structural.ts';
import {validateObjectMeta} from '../metadata.ts';
import {collect} from '../rules.ts';

/** Whole objects inside an object: their kind, version and metadata have to be right too (pkg/apiserver/schema/objectmeta). */
export function validateEmbeddedResources(value: Json | undefined, schema: Structural, path: FieldPath): FieldError[] {
  const {items, properties, additionalProperties} = schema;
  if (Array.isArray(value)) return items ? collect(...value.map((item, i) => validateEmbeddedResources(item, items, at(path, i)))) : [];
  if (!isObject(value)) return [];
  return collect(
    schema.embeddedResource && validateEmbedded(value, path),
    ...Object.keys(value).map(name => {
      const property = properties.get(name);
      if (property) return validateEmbeddedResources(value[name], property, child(path, name));
      return typeof additionalProperties === 'object' && validateEmbeddedResources(value[name], additionalProperties, at(path, name));
    }),
  );
}

function validateEmbedded({apiVersion, kind, metadata}: JsonObject, path: FieldPath): FieldError[] {
  return collect(
    apiVersion === undefined && required(child(path, 'apiVersion')),
    kind === undefined && required(child(path, 'kind')),
    apiVersion !== undefined && validateText(apiVersion, child(path, 'apiVersion'), versionProblem),
    kind !== undefined && validateText(kind, child(path, 'kind'), kindProblem),
    isObject(metadata) && validateMetadata(metadata as unknown as ObjectMeta, child(path, 'metadata')),
  );
}

function validateText(value: Json, path: FieldPath, problem: (text: string) => string | undefined): FieldError | undefined {
  const detail = typeof value !== 'string' ? 'must be a string' : value === '' ? 'must not be empty' : problem(value);
  return detail === undefined ? undefined : invalid(path, value, detail);
}

const versionProblem = (text: string): string | undefined =>
  parseGroupVersion(text) === undefined ? `unexpected GroupVersion string: ${text}` : undefined;

function kindProblem(text: string): string | undefined {
  const messages = isDNS1035Label(text.toLowerCase());
  return messages.length > 0 ? `may have mixed case, but should otherwise match: ${messages.join(',')}` : undefined;
}

function validateMetadata(metadata: ObjectMeta, path: FieldPath): FieldError[] {
  const named = {...metadata, name: metadata.name || 'fakename'};
  return validateObjectMeta(
    named,
    {namespaced: Boolean(metadata.namespace), strategy: {validateName: name => isPathSegmentName(name)}},
    path,
  );
}
