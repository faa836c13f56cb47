import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {Structural} from './structural.ts';
import {isOpen, memberOf} from './structural.ts';

// Of the root and of embedded resources these are known without being declared.
const TYPE_META = new Set(['apiVersion', 'kind', 'metadata']);

/** Drops what the schema does not know, in place; the paths of what was dropped (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning). */
export function prune(value: Json | undefined, schema: Structural, isResource: boolean): string[] {
  const unknown: string[] = [];
  pruneValue(value, schema, isResource, '', unknown);
  return unknown;
}

function pruneValue(value: Json | undefined, schema: Structural | undefined, isResource: boolean, path: string, unknown: string[]): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    if (schema.items)
      for (const [index, item] of value.entries())
        pruneValue(item, schema.items, schema.items.embeddedResource, `${path}[${index}]`, unknown);
    else if (!isOpen(schema)) value.length = 0;
    return;
  }
  if (isObject(value)) pruneObject(value, schema, isResource || schema.embeddedResource, path, unknown);
}

function pruneObject(object: JsonObject, schema: Structural, isResource: boolean, path: string, unknown: string[]): void {
  for (const name of Object.keys(object)) {
    if (isResource && TYPE_META.has(name)) continue;
    const member = memberOf(schema, name);
    const memberPath = path === '' ? name : `${path}.${name}`;
    if (member) pruneValue(object[name], member, member.embeddedResource, memberPath, unknown);
    else if (!isOpen(schema)) {
      delete object[name];
      unknown.push(memberPath);
    }
  }
}
