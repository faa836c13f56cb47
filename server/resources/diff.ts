import type {Json} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import {unifiedDiff} from './unified-diff.ts';

/**
 * The unified diff of two values in their internal form that ends messages of immutability (k8s.io/apimachinery pkg/util/diff).
 */
export const describeDiff = (old: Json, now: Json): string => unifiedDiff(indented(old, ''), indented(now, ''));

/** Go's json.MarshalIndent with one blank for each level. */
function indented(value: Json, indent: string): string {
  const inner = `${indent} `;
  if (Array.isArray(value))
    return block(
      '[',
      ']',
      indent,
      value.map(item => `${inner}${indented(item, inner)}`),
    );
  if (!isObject(value)) return escapeHtml(JSON.stringify(value));
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return block(
    '{',
    '}',
    indent,
    fields.map(([key, field]) => `${inner}${escapeHtml(JSON.stringify(key))}: ${indented(field!, inner)}`),
  );
}

const block = (open: string, close: string, indent: string, lines: readonly string[]): string =>
  lines.length === 0 ? open + close : `${open}\n${lines.join(',\n')}\n${indent}${close}`;

const escapeHtml = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
