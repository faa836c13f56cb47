import type {Identity} from '../api/client.ts';
import type {FieldSelectorAttributes, LabelSelectorAttributes, SubjectAccessReviewSpec} from '../api/kinds.generated.ts';
import type {LabelRequirement} from '../api/label-syntax.ts';
import {SelectorError} from '../api/label-syntax.ts';
import type {FieldRequirement} from '../api/selectors.ts';
import {labelSelectorRequirements, parseFieldSelector, parseLabelSelector} from '../api/selectors.ts';
import type {AccessAttributes} from './authorizer.ts';

/** What of a selector could be read; `failed`: not all of it. */
interface Read<T> {
  readonly requirements: readonly T[];
  readonly failed: boolean;
}

/** What an access review asks about, and what of it could not be read (pkg/registry/authorization/util/helpers.go). */
export function accessAttributes(
  {resourceAttributes, nonResourceAttributes}: Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>,
  identity: Identity,
): {attributes: AccessAttributes; errors: string[]} {
  const {verb = '', path = ''} = nonResourceAttributes ?? {};
  if (!resourceAttributes) return {attributes: {...NOTHING, identity, isResource: false, verb, path}, errors: []};
  const {fieldSelector, labelSelector, version, ...asked} = resourceAttributes;
  const fields = fieldSelector && readFields(fieldSelector);
  const labels = labelSelector && readLabels(labelSelector);
  return {
    attributes: {
      ...NOTHING,
      ...asked,
      identity,
      version: version || '*',
      ...(fields && {fieldSelector: fields.requirements}),
      ...(labels && {labelSelector: labels.requirements}),
    },
    errors: [...complaint('fieldSelector', fields), ...complaint('labelSelector', labels)],
  };
}

/** The attributes limited by selectors as texts; one that cannot be read does not limit them. */
export function withRawSelectors(
  attributes: AccessAttributes,
  {fieldSelector, labelSelector}: {readonly fieldSelector?: string | null | undefined; readonly labelSelector?: string | null | undefined},
): AccessAttributes {
  if (!fieldSelector && !labelSelector) return attributes;
  return {
    ...attributes,
    ...(fieldSelector && {fieldSelector: readFields({rawSelector: fieldSelector}).requirements}),
    ...(labelSelector && {labelSelector: readLabels({rawSelector: labelSelector}).requirements}),
  };
}

const NOTHING = {isResource: true, verb: '', group: '', version: '', resource: '', subresource: '', namespace: '', name: '', path: ''};

function complaint(field: string, read: Read<unknown> | undefined): string[] {
  if (!read?.failed) return [];
  return [`spec.resourceAttributes.${field} ${read.requirements.length > 0 ? 'partially ignored' : 'ignored'} due to parse error`];
}

function readFields({rawSelector, requirements = []}: FieldSelectorAttributes): Read<FieldRequirement> {
  if (rawSelector) return readAll([rawSelector], parseFieldSelector);
  return readAll(requirements, ({key, operator, values = []}): FieldRequirement[] => {
    if (values.length !== 1 || (operator !== 'In' && operator !== 'NotIn')) throw new SelectorError('not supported');
    return [{field: key, operator: operator === 'In' ? '=' : '!=', value: values[0]!}];
  });
}

function readLabels({rawSelector, requirements = []}: LabelSelectorAttributes): Read<LabelRequirement> {
  if (rawSelector) return readAll([rawSelector], parseLabelSelector);
  return readAll(requirements, requirement => labelSelectorRequirements({matchExpressions: [requirement]}) ?? []);
}

function readAll<From, To>(sources: readonly From[], read: (source: From) => readonly To[]): Read<To> {
  const requirements: To[] = [];
  let failed = false;
  for (const source of sources) {
    try {
      requirements.push(...read(source));
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      failed = true;
    }
  }
  return {requirements, failed};
}
