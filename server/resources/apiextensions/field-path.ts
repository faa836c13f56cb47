import {at, child} from '../../api/field.ts';
import type {JSONSchemaProps} from '../../api/kinds.generated.ts';
import {additionalSchema} from './schemas.ts';

/** Where a path like `.spec.size` or `.spec['a.b']` leads in a schema, or why it leads nowhere. */
export type ResolvedPath =
  | {readonly path: string; readonly schema: JSONSchemaProps; readonly problem?: undefined}
  | {readonly problem: string};

const NOWHERE = 'does not refer to a valid field';
const CUT_SHORT = 'unexpected end of JSON path';

export function resolveFieldPath(text: string, root: JSONSchemaProps, options: {readonly brackets: boolean}): ResolvedPath {
  const tokens = text.match(/'(?:\\.|[^'\\])*'|[.[\]]|[^.[\]]+/gs) ?? [];
  let path = '';
  let schema = root;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    let name: string | undefined;
    if (token === '[') {
      if (!options.brackets) return {problem: 'array notation is not allowed'};
      const quoted = tokens[++i];
      if (quoted === undefined) return {problem: CUT_SHORT};
      if (!/^'.*'$/s.test(quoted)) return {problem: `expected single quoted string but got ${quoted}`};
      name = quoted.slice(1, -1).replace(/\\(.)/gs, '$1');
    } else if (token === '.') {
      name = tokens[++i];
      if (name === undefined) return {problem: CUT_SHORT};
    } else return {problem: `expected [ or . but got: ${token}`};
    const next = schema.properties ? schema.properties[name] : additionalSchema(schema);
    if (!next) return {problem: NOWHERE};
    path = schema.properties ? child(path, name) : at(path, name);
    schema = next;
    if (token !== '[') continue;
    const closing = tokens[++i];
    if (closing !== ']') return {problem: closing === undefined ? CUT_SHORT : `expected ] but got ${closing}`};
  }
  return {path, schema};
}
