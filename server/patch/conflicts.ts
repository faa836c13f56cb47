import type {StatusCause} from '../api/status.ts';
import {ApiError} from '../api/status.ts';
import type {FieldSet} from './field-set.ts';
import {difference, isEmpty, paths} from './field-set.ts';
import type {Manager} from './managed-entries.ts';
import {formatPath} from './path-element.ts';

/** The fields of other managers that a configuration would change. */
export type Conflicts = ReadonlyMap<Manager, FieldSet>;

export function withoutFields(conflicts: Conflicts, allowed: FieldSet): Conflicts {
  const rest = [...conflicts].map(([manager, set]) => [manager, difference(set, allowed)] as const);
  return new Map(rest.filter(([, set]) => !isEmpty(set)));
}

/** The 409 of server-side apply: one cause per field, managers in the order of their ids. */
export function applyConflict(conflicts: Conflicts): ApiError {
  const found = [...conflicts]
    .sort(([left], [right]) => (left.id < right.id ? -1 : 1))
    .map(([manager, set]) => ({who: formatManager(manager), fields: [...paths(set)].map(formatPath)}));
  const causes = found.flatMap(({who, fields}) =>
    fields.map((field): StatusCause => ({reason: 'FieldManagerConflict', message: `conflict with ${who}`, field})),
  );
  const lines = found.flatMap(({who, fields}) => [`conflicts with ${who}:`, ...fields.map(field => `- ${field}`)]);
  const text =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
  return new ApiError(409, 'Conflict', text, {causes});
}

const formatManager = ({name, operation, apiVersion, subresource}: Manager): string =>
  JSON.stringify(name) +
  (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`) +
  (operation === 'Update' ? ` using ${apiVersion}` : '');
