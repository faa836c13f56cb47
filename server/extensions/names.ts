import {aggregateText} from '../access/authorizer.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionStatus,
} from '../api/kinds.generated.ts';
import {approvalCondition} from '../resources/apiextensions/approval.ts';

/** Names that others have. */
export interface TakenNames {
  hasResource(name: string): boolean;
  hasKind(name: string): boolean;
}

/**
 * What a CRD's status should say of its names, given those that others in its group have, and of its group
 * (pkg/controller/status/naming_controller.go, apiapproval).
 */
export function namesStatus(definition: CustomResourceDefinition, taken: TakenNames, now: string): CustomResourceDefinitionStatus {
  const {names: wanted} = definition.spec;
  const before = definition.status?.acceptedNames ?? {plural: '', kind: ''};
  const conflicts: {reason: string; names: readonly string[]}[] = [];
  const accept = (
    isTaken: (name: string) => boolean,
    name: string | undefined,
    old: string | undefined,
    reason: string,
  ): string | undefined => {
    if (!name || !isTaken(name)) return name;
    conflicts.push({reason, names: [name]});
    return old;
  };
  const accepted: CustomResourceDefinitionNames = {
    plural: accept(taken.hasResource, wanted.plural, before.plural, 'PluralConflict') ?? '',
    ...optional('singular', accept(taken.hasResource, wanted.singular, before.singular, 'SingularConflict')),
    ...listOf('shortNames', acceptShortNames()),
    kind: accept(taken.hasKind, wanted.kind, before.kind, 'KindConflict') ?? '',
    ...optional('listKind', accept(taken.hasKind, wanted.listKind, before.listKind, 'ListKindConflict')),
    ...(wanted.categories && {categories: wanted.categories}),
  };

  function acceptShortNames(): string[] | undefined {
    const names = (wanted.shortNames ?? []).filter(name => taken.hasResource(name));
    if (names.length === 0) return wanted.shortNames;
    conflicts.push({reason: 'ShortNamesConflict', names});
    return before.shortNames;
  }

  // Only the last one is told.
  const conflict = conflicts.at(-1);
  const conditions = withCondition(definition.status?.conditions ?? [], now, {
    type: 'NamesAccepted',
    status: conflict ? 'False' : 'True',
    reason: conflict ? conflict.reason : 'NoConflicts',
    message: conflict ? aggregateText(conflict.names.map(name => `${JSON.stringify(name)} is already in use`)) : 'no conflicts found',
  });
  const established = withEstablished(conditions, conflict !== undefined, now);
  const approval = approvalCondition(definition);
  return {
    ...definition.status,
    storedVersions: definition.status?.storedVersions ?? [],
    conditions: approval ? withCondition(established, now, {type: 'KubernetesAPIApprovalPolicyConformant', ...approval}) : established,
    acceptedNames: accepted,
  };
}

/** Once established, a CRD stays so whatever becomes of its names. */
function withEstablished(
  conditions: CustomResourceDefinitionCondition[],
  conflicting: boolean,
  now: string,
): CustomResourceDefinitionCondition[] {
  if (conditions.some(({type, status}) => type === 'Established' && status === 'True')) return conditions;
  return withCondition(conditions, now, {
    type: 'Established',
    status: conflicting ? 'False' : 'True',
    reason: conflicting ? 'NotAccepted' : 'InitialNamesAccepted',
    message: conflicting ? 'not all names are accepted' : 'the initial names have been accepted',
  });
}

/** Sets a condition; its time moves with its status only. */
export function withCondition(
  conditions: readonly CustomResourceDefinitionCondition[],
  now: string,
  condition: CustomResourceDefinitionCondition,
): CustomResourceDefinitionCondition[] {
  const index = conditions.findIndex(({type}) => type === condition.type);
  const old = conditions[index];
  const next = {
    type: condition.type,
    status: condition.status,
    lastTransitionTime: old?.status === condition.status ? old.lastTransitionTime! : now,
    reason: condition.reason!,
    message: condition.message!,
  };
  return index < 0 ? [...conditions, next] : conditions.map((each, i) => (i === index ? next : each));
}

export const isTrue = (definition: CustomResourceDefinition, type: string): boolean =>
  (definition.status?.conditions ?? []).some(condition => condition.type === type && condition.status === 'True');

const listOf = <K extends string>(name: K, list: string[] | undefined): {[key in K]?: string[]} =>
  list ? ({[name]: list} as {[key in K]: string[]}) : {};

const optional = <K extends string>(name: K, value: string | undefined): {[key in K]?: string} =>
  value ? ({[name]: value} as {[key in K]: string}) : {};
