import type {KubeObject} from '../api/object.ts';
import type {FieldRequirement} from '../api/selectors.ts';
import {matchesLabels} from '../api/selectors.ts';
import {badRequest} from '../api/status.ts';
import type {ListQuery} from '../request/options.ts';
import type {Resource, Strategy} from '../resources/resource.ts';
import type {CursorScope, Entry} from '../storage/types.ts';

/** Which entries of a storage a list, watch or deletecollection means. */
export interface Selection {
  /** No label and no field selector: counts and snapshots can be used as they are. */
  readonly everything: boolean;
  readonly scope: CursorScope;
  matches(entry: Entry): boolean;
}

/** What both selectors mean for a resource; throws 400 in upstream's words. `name` is the URL's, for watches over one object. */
export function select(
  resource: Resource,
  namespace: string,
  {labels, fields: asked}: Pick<ListQuery, 'labels' | 'fields'>,
  name = '',
): Selection {
  const fields = asked.map(requirement => supported(resource, requirement));
  const exact = (field: string): string | undefined =>
    fields.find(requirement => requirement.field === field && requirement.operator === '=')?.value;
  if (name !== '' && fields.length > 0 && exact('metadata.name') !== name)
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
  const {indexedField} = resource.strategy;
  const wantedName = name || exact('metadata.name');
  const indexed = indexedField === undefined ? undefined : exact(indexedField);
  const scope: CursorScope = {
    ...(namespace !== '' && {namespace}),
    ...(wantedName !== undefined && {name: wantedName}),
    ...(indexed !== undefined && {indexed}),
  };
  return {
    everything: labels.length === 0 && fields.length === 0 && name === '',
    scope,
    matches: entry =>
      (namespace === '' || entry.namespace === namespace) &&
      (name === '' || entry.name === name) &&
      (labels.length === 0 || matchesLabels(labels, entry.labels)) &&
      fields.every(requirement => matchesField(entry, requirement)),
  };
}

function matchesField(entry: Entry, {field, operator, value}: FieldRequirement): boolean {
  const actual = field === 'metadata.name' ? entry.name : field === 'metadata.namespace' ? entry.namespace : (entry.fields[field] ?? '');
  return operator === '=' ? actual === value : actual !== value;
}

/** The requirement under the label by which storage knows the field; 400 for labels the kind does not have. */
function supported(resource: Resource, requirement: FieldRequirement): FieldRequirement {
  const {field} = requirement;
  if (
    field === 'metadata.name' ||
    (field === 'metadata.namespace' && (resource.namespaced || resource.strategy.unknownField === undefined))
  )
    return requirement;
  const {strategy} = resource;
  const own = strategy.fieldLabel?.(field) ?? field;
  const label = selectableFields(strategy).includes(own) ? own : undefined;
  if (label === undefined) {
    throw badRequest(
      strategy.unknownField?.(field) ??
        `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
  return label === field ? requirement : {...requirement, field: label};
}

const EMPTY: KubeObject = {metadata: {}, spec: {}, status: {}};

const selectableFields = ({selectableFields: named, fields}: Strategy): readonly string[] => named ?? Object.keys(fields?.(EMPTY) ?? {});
