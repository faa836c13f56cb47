import type {FieldSet, MutableFieldSet} from './field-set.ts';
import {isMember, LEAF, recursiveDifference, setOf, union} from './field-set.ts';

/** Leaves of a set what a request may own at all: an endpoint that resets fields does not let anyone own them through it. */
export type FieldFilter = (set: FieldSet) => FieldSet;

export const everything: FieldFilter = set => set;

/** Without these paths and what lies below. */
export function excluding(...paths: readonly (readonly string[])[]): FieldFilter {
  const excluded = paths.reduce<FieldSet>((set, path) => union(set, setOf(...path.map(name => `f:${name}`))), {});
  return set => recursiveDifference(set, excluded);
}

/** Nothing but these paths and what lies below; `*` stands for any element. */
export const including =
  (...paths: readonly (readonly string[])[]): FieldFilter =>
  set =>
    include(set, paths);

function include(set: FieldSet, paths: readonly (readonly string[])[]): FieldSet {
  const result: MutableFieldSet = {};
  for (const element in set) {
    if (element === '.') continue;
    const rests = paths.filter(([name]) => name === '*' || `f:${name}` === element).map(path => path.slice(1));
    if (rests.length === 0) continue;
    const node = set[element]!;
    const kept = rests.some(rest => rest.length === 0) ? node : include(node, rests);
    const member = isMember(node);
    if (kept === node) result[element] = node;
    else if (Object.keys(kept).length > 0) result[element] = member ? {'.': LEAF, ...kept} : kept;
    else if (member) result[element] = LEAF;
  }
  return result;
}

/** What of a resource decides which fields its endpoints reset. */
export interface ResettingResource {
  readonly subresources?: ReadonlyMap<string, unknown>;
  readonly strategy?: {readonly statusMetadata?: 'all' | 'none' | 'allButLabels'};
}

/** The main endpoint resets the status, `/status` the rest: the spec, and metadata where the kind does not take it there. */
export function resetFields({subresources, strategy}: ResettingResource, subresource: string): FieldFilter {
  if (subresource === '') return subresources?.has('status') ? RESET_STATUS : everything;
  if (subresource === 'ephemeralcontainers') return EPHEMERAL_CONTAINERS;
  if (subresource === 'resize') return RESIZE;
  if (subresource !== 'status') return everything;
  if (strategy?.statusMetadata === 'none') return RESET_SPEC_AND_METADATA;
  return strategy?.statusMetadata === 'allButLabels' ? RESET_SPEC_AND_LABELS : RESET_SPEC;
}

const RESET_STATUS = excluding(['status']);
const RESET_SPEC = excluding(['spec'], ['metadata', 'deletionTimestamp'], ['metadata', 'ownerReferences']);
const RESET_SPEC_AND_LABELS = excluding(['spec'], ['metadata', 'labels']);
const RESET_SPEC_AND_METADATA = excluding(['spec'], ['metadata']);
const EPHEMERAL_CONTAINERS = including(['spec', 'ephemeralContainers']);
const RESIZE = including(['spec', 'containers', '*', 'resources'], ['spec', 'containers', '*', 'resizePolicy']);
