import type {NamespaceCondition} from '../server/api/kinds.generated.ts';
import {formatTime} from '../server/api/time.ts';

/** How far the deletion of a namespace's content has come. */
export interface Progress {
  /** Why resources could not be discovered, if so. */
  discoveryError?: string;
  /** Group-versions that cannot be parsed. */
  parsingError?: string;
  /** Failures of deletions. */
  contentErrors: readonly string[];
  /** How many objects remain, by `resource.group`. */
  remaining: ReadonlyMap<string, number>;
  /** How many of them a finalizer holds. */
  finalizers: ReadonlyMap<string, number>;
}

const list = (counts: ReadonlyMap<string, number>, text: (name: string, count: number) => string): string =>
  [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => text(name, count))
    .join(', ');

/** The five conditions of a terminating namespace (pkg/controller/namespace/deletion/status_condition_utils.go). */
export function namespaceConditions(
  before: readonly NamespaceCondition[],
  {discoveryError, parsingError, contentErrors, remaining, finalizers}: Progress,
  now: number,
): NamespaceCondition[] {
  const remains = list(remaining, (name, count) => `${name} has ${count} resource instances`);
  const holds = list(finalizers, (name, count) => `${name} in ${count} resource instances`);
  const wanted: [string, string | undefined, string, string, string][] = [
    [
      'NamespaceDeletionDiscoveryFailure',
      discoveryError && `Discovery failed for some groups, ${discoveryError}`,
      'DiscoveryFailed',
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      parsingError,
      'GroupVersionParsingFailed',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      contentErrors.length > 0
        ? `Failed to delete all resource types, ${contentErrors.length} remaining: ${contentErrors.join(', ')}`
        : undefined,
      'ContentDeletionFailed',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    [
      'NamespaceContentRemaining',
      remains && `Some resources are remaining: ${remains}`,
      'SomeResourcesRemain',
      'ContentRemoved',
      'All content successfully removed',
    ],
    [
      'NamespaceFinalizersRemaining',
      holds && `Some content in the namespace has finalizers remaining: ${holds}`,
      'SomeFinalizersRemain',
      'ContentHasNoFinalizers',
      'All content-preserving finalizers finished',
    ],
  ];
  const conditions = [...before];
  for (const [type, trouble, badReason, goodReason, goodMessage] of wanted) {
    const status = trouble ? 'True' : 'False';
    const index = conditions.findIndex(condition => condition.type === type);
    const old = conditions[index];
    const isSame = old?.status === status && old.message === (trouble || goodMessage);
    if (isSame) continue;
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : formatTime(now);
    const condition = {type, status, lastTransitionTime, reason: trouble ? badReason : goodReason, message: trouble || goodMessage};
    if (index < 0) conditions.push(condition);
    else conditions[index] = condition;
  }
  return conditions;
}
