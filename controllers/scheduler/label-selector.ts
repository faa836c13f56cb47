import type {LabelSelector} from '../../server/api/selectors.ts';
import {labelSelectorRequirements, matchesLabels} from '../../server/api/selectors.ts';

export type Labels = {[key: string]: string};

/** A test for labels; no selector selects nothing, an empty one everything. */
export function labelSelectorMatcher(selector: LabelSelector | undefined): (labels: Labels) => boolean {
  const requirements = labelSelectorRequirements(selector);
  return requirements ? labels => matchesLabels(requirements, labels) : () => false;
}
