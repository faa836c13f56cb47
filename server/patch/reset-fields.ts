import type {FieldSet} from './field-set.ts';
import {recursiveDifference, setOf, union} from './field-set.ts';

/** Leaves of a set what a request may own at all: an endpoint that resets fields does not let anyone own them through it. */
export type FieldFilter = (set: FieldSet) => FieldSet;

export const everything: FieldFilter = set => set;

/** Without these paths and what lies below. */
export function excluding(...paths: readonly (readonly string[])[]): FieldFilter {
  const excluded = paths.reduce<FieldSet>((set, path) => union(set, setOf(...path.map(name => `f:${name}`))), {});
  return set => recursiveDifference(set, excluded);
}

/** What of a resource decides which fields its endpoints reset. */
export interface ResettingResource {
  readonly subresources?: ReadonlyMap<string, unknown>;
  readonly strategy?: {
    readonly statusMetadata?: 'all' | 'none' | 'allButLabels';
    readonly resetFields?: {readonly [subresource: string]: readonly string[]};
  };
}

/**
 * The main endpoint resets the status (even of kinds that take one there), `/status` the rest: the spec, and metadata where the kind does
 * not take it there. Other endpoints reset nothing, though their rules may drop what they are sent.
 */
export function resetFields({subresources, strategy}: ResettingResource, subresource: string): FieldFilter {
  const own = strategy?.resetFields?.[subresource];
  if (own) return excluding(...own.map(path => path.split('.')));
  if (subresource === '' || subresource === 'finalize') return subresources?.has('status') ? RESET_STATUS : everything;
  if (subresource !== 'status') return everything;
  if (strategy?.statusMetadata === 'none') return RESET_SPEC_AND_METADATA;
  return strategy?.statusMetadata === 'allButLabels' ? RESET_SPEC_AND_LABELS : RESET_SPEC;
}

const RESET_STATUS = excluding(['status']);
const RESET_SPEC = excluding(['spec'], ['metadata', 'deletionTimestamp'], ['metadata', 'ownerReferences']);
const RESET_SPEC_AND_LABELS = excluding(['spec'], ['metadata', 'labels']);
const RESET_SPEC_AND_METADATA = excluding(['spec'], ['metadata']);
