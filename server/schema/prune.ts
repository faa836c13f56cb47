import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {Structural} from './structural.ts';
import {memberOf} from './structural.ts';

// Of the root and of embedded resources these are known without being declared.
const TYPE_META = new Set(['apiVersion', 'kind', 'metadata']);

/** Drops what the schema does not know, in place; the paths of what was dropped (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning). */
export function prune(value: Json | undefined, schema: Structural, isResource: boolean): string[] {
  const unknown: string[] = [];
  pruneValue(value, schema, isResource || schema.embeddedResource, '', unknown);
  return unknown.sort();
}

/** Without a schema nothing inside of objects is known, however deep. */
function pruneValue(value: Json | undefined, schema: Structural | undefined, isResource: boolean, path: string, unknown: string[]): void {
  if (Array.isArray(value)) {
    if (schema?.preserveUnknownFields && !schema.items) return;
    const inner = schema?.preserveUnknownFields ? {...schema.items!, preserveUnknownFields: true} : schema?.items;
    for (const [index, item] of value.entries()) pruneValue(item, inner, inner?.embeddedResource ?? false, `${path}[${index}]`, unknown);
  } else if (isObject(value)) {
    pruneObject(value, schema, isResource, path, unknown);
  }
}

function pruneObject(object: JsonObject, schema: Structural | undefined, isResource: boolean, path: string, unknown: string[]): void {
  for (const name of Object.keys(object)) {
    if (isResource && TYPE_META.has(name)) continue;
    const memberPath = path === '' ? name : `${path}.${name}`;
    if (schema && isDeclared(schema, name)) {
      const member = memberOf(schema, name);
      pruneValue(object[name], member, member?.embeddedResource ?? false, memberPath, unknown);
    } else if (!schema?.preserveUnknownFields) {
      delete object[name];
      unknown.push(memberPath);
    }
  }
}

/** `additionalProperties: true` lets members in, but says nothing of what may be inside them. */
const isDeclared = ({properties, additionalProperties}: Structural, name: string): boolean =>
  properties.has(name) || additionalProperties !== undefined;
