import type {Identity} from '../api/client.ts';
import type {FlowSchema, NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, Subject} from '../api/kinds.generated.ts';
import {followStorage} from '../storage/follow.ts';
import type {ResourceStorage} from '../storage/types.ts';
import type {RequestInfo} from './info.ts';

/** The FlowSchema a request falls under and its PriorityLevelConfiguration. */
export interface Flow {
  readonly flowSchema: string;
  readonly flowSchemaUid: string;
  readonly priorityLevel: string;
  readonly priorityLevelUid: string;
}

/** Finds the flow of a request; undefined as long as no schema matches (before the bootstrap objects exist). */
export type Classify = (identity: Identity, info: RequestInfo) => Flow | undefined;

// Requests are much alike; a client that asks for ever new paths must not make this grow.
const REMEMBERED = 2_000;

/**
 * Priority and fairness as far as clients see it: which schema takes a request (k8s.io/apiserver/pkg/util/flowcontrol, rule.go). Nothing is
 * queued: one process answers as fast as it can.
 */
export function createFlowControl(flowSchemas: ResourceStorage, priorityLevels: ResourceStorage): Classify {
  const schemasChanged = followStorage(flowSchemas);
  const levelsChanged = followStorage(priorityLevels);
  const known = new Map<string, Flow | undefined>();
  let candidates: Candidate[] | undefined;
  return (identity, info) => {
    const [schemas, levels] = [schemasChanged(), levelsChanged()];
    if (candidates === undefined || schemas || levels || known.size > REMEMBERED) {
      candidates = readSchemas(flowSchemas, priorityLevels);
      known.clear();
    }
    const key = keyOf(identity, info);
    if (!known.has(key)) known.set(key, candidates.find(({rules}) => rules.some(rule => matches(rule, identity, info)))?.flow);
    return known.get(key);
  };
}

interface Candidate {
  readonly flow: Flow;
  readonly precedence: number;
  readonly rules: readonly PolicyRulesWithSubjects[];
}

/** By precedence, then by name; schemas of levels that do not exist take nothing. */
function readSchemas(flowSchemas: ResourceStorage, priorityLevels: ResourceStorage): Candidate[] {
  const found: Candidate[] = [];
  for (const {object} of flowSchemas.snapshot().range()) {
    const {metadata, spec} = object as unknown as FlowSchema;
    const level = priorityLevels.get(spec?.priorityLevelConfiguration.name ?? '')?.object;
    if (!spec || !level) continue;
    const flow: Flow = {
      flowSchema: metadata.name!,
      flowSchemaUid: metadata.uid!,
      priorityLevel: level.metadata.name!,
      priorityLevelUid: level.metadata.uid!,
    };
    found.push({flow, precedence: spec.matchingPrecedence ?? 1000, rules: spec.rules ?? []});
  }
  return found.sort((a, b) => a.precedence - b.precedence || (a.flow.flowSchema < b.flow.flowSchema ? -1 : 1));
}

const keyOf = ({name, groups}: Identity, info: RequestInfo): string =>
  info.isResource
    ? [name, ...groups, info.verb, info.group, info.resource, info.subresource, info.namespace].join('\n')
    : [name, ...groups, info.verb, info.path].join('\n');

function matches(
  {subjects, resourceRules = [], nonResourceRules = []}: PolicyRulesWithSubjects,
  identity: Identity,
  info: RequestInfo,
): boolean {
  if (!subjects.some(subject => isSubject(subject, identity))) return false;
  return info.isResource ? resourceRules.some(rule => coversResource(rule, info)) : nonResourceRules.some(rule => coversPath(rule, info));
}

function isSubject({kind, user, group, serviceAccount}: Subject, {name, groups}: Identity): boolean {
  if (kind === 'User') return user !== undefined && (user.name === '*' || user.name === name);
  if (kind === 'Group') return group !== undefined && (group.name === '*' || groups.includes(group.name));
  const prefix = `system:serviceaccount:${serviceAccount?.namespace}:`;
  return serviceAccount?.name === '*' ? name.startsWith(prefix) : name === prefix + serviceAccount?.name;
}

function coversResource(rule: ResourcePolicyRule, {verb, group, resource, subresource, namespace}: RequestInfo): boolean {
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  if (!has(rule.verbs, verb) || !has(rule.apiGroups, group) || !has(rule.resources, what)) return false;
  return namespace === '' ? rule.clusterScope === true : has(rule.namespaces, namespace);
}

const coversPath = ({verbs, nonResourceURLs}: NonResourcePolicyRule, {verb, path}: RequestInfo): boolean =>
  has(verbs, verb) && nonResourceURLs.some(url => url === '*' || url === path || (url.endsWith('/*') && path.startsWith(url.slice(0, -1))));

const has = (list: readonly string[] | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(wanted));
