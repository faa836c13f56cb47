import type {Identity} from '../api/client.ts';
import type {JsonObject} from '../api/json.ts';
import type {AuthorizationMode} from './authorizer.ts';
import {aggregateText} from './authorizer.ts';
import {isNode} from './node.ts';
import type {Rbac} from './rbac.ts';

/** SubjectRulesReviewStatus: what an identity may do in a namespace, as far as those who decide can tell. */
export function rulesStatus(rbac: Rbac, modes: readonly AuthorizationMode[], identity: Identity, namespace: string): JsonObject {
  const granted = modes.includes('RBAC') ? [...rbac.rulesFor(identity, namespace)].map(({rule}) => rule) : [];
  const rules = modes.includes('AlwaysAllow') ? [...EVERYTHING, ...granted] : granted;
  const resourceRules = rules
    .filter(({resources}) => (resources ?? []).length > 0)
    .map(({verbs, apiGroups, resources, resourceNames}) => ({
      verbs,
      ...(apiGroups && {apiGroups}),
      ...(resources && {resources}),
      ...(resourceNames && {resourceNames}),
    }));
  const nonResourceRules = rules
    .filter(({nonResourceURLs}) => (nonResourceURLs ?? []).length > 0)
    .map(({verbs, nonResourceURLs}) => ({verbs, nonResourceURLs: nonResourceURLs!}));
  const errors = modes.flatMap(mode => (mode === 'RBAC' ? rbac.complaints(identity, namespace) : unlistable(mode, identity)));
  const incomplete = modes.some(mode => unlistable(mode, identity).length > 0);
  return {resourceRules, nonResourceRules, incomplete, ...(errors.length > 0 && {evaluationError: aggregateText(errors)})};
}

/** What those say who cannot tell beforehand: what a node may depends on its pods. */
function unlistable(mode: AuthorizationMode, identity: Identity): string[] {
  if (mode === 'Webhook') return ['webhook authorizer does not support user rule resolution'];
  return mode === 'Node' && isNode(identity) ? ['node authorizer does not support user rule resolution'] : [];
}

const EVERYTHING = [
  {verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: undefined, nonResourceURLs: undefined},
  {verbs: ['*'], nonResourceURLs: ['*'], apiGroups: undefined, resources: undefined, resourceNames: undefined},
];
