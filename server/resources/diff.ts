import type {Json} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import {semanticEqual} from './rules.ts';

/**
 * A short unified diff of two values, where upstream shows one of its internal structures: the lines of the fields that differ.
 */
export function describeDiff(old: Json | undefined, now: Json | undefined): string {
  const lines: string[] = [];
  collectLines(old, now, '', lines);
  return `@@ -1,${lines.length} +1,${lines.length} @@\n${lines.join('\n')}\n`;
}

function collectLines(old: Json | undefined, now: Json | undefined, path: string, lines: string[]): void {
  if (semanticEqual(old, now)) return;
  if (isObject(old) && isObject(now)) {
    for (const key of new Set([...Object.keys(old), ...Object.keys(now)]))
      collectLines(old[key], now[key], path === '' ? key : `${path}.${key}`, lines);
    return;
  }
  if (old !== undefined) lines.push(`- ${path}: ${JSON.stringify(old)}`);
  if (now !== undefined) lines.push(`+ ${path}: ${JSON.stringify(now)}`);
}
