import type {FieldError} from '../../api/field.ts';
import {invalid} from '../../api/field.ts';
import type {FlowSchemaSpec, PolicyRulesWithSubjects, PriorityLevelConfigurationSpec} from '../../api/kinds.generated.ts';
import {internal, listOf, pointer, struct} from '../internal.ts';
import {semanticEqual} from '../rules.ts';

/*
 * Objects that flow control cannot be without have to be what they are (k8s.io/apiserver pkg/apis/flowcontrol/bootstrap,
 * pkg/apis/flowcontrol/validation).
 */

const anything = (...groups: string[]): PolicyRulesWithSubjects => ({
  subjects: groups.map(name => ({kind: 'Group', group: {name}})),
  resourceRules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*']}],
  nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['*']}],
});

const FLOW_SCHEMAS: ReadonlyMap<string, FlowSchemaSpec> = new Map([
  ['exempt', {priorityLevelConfiguration: {name: 'exempt'}, matchingPrecedence: 1, rules: [anything('system:masters')]}],
  [
    'catch-all',
    {
      priorityLevelConfiguration: {name: 'catch-all'},
      matchingPrecedence: 10000,
      distinguisherMethod: {type: 'ByUser'},
      rules: [anything('system:unauthenticated', 'system:authenticated')],
    },
  ],
]);

const CATCH_ALL: PriorityLevelConfigurationSpec = {
  type: 'Limited',
  limited: {nominalConcurrencyShares: 5, limitResponse: {type: 'Reject'}, lendablePercent: 0},
};

const NAMED = pointer(struct({name: ''}));

const FLOW_SCHEMA_SPEC = struct({
  priorityLevelConfiguration: struct({name: ''}),
  matchingPrecedence: 0,
  distinguisherMethod: pointer(struct({type: ''})),
  rules: listOf(
    struct({
      subjects: listOf(struct({kind: '', user: NAMED, group: NAMED, serviceAccount: pointer(struct({namespace: '', name: ''}))})),
      resourceRules: listOf(struct({verbs: null, apiGroups: null, resources: null, clusterScope: false, namespaces: null})),
      nonResourceRules: listOf(struct({verbs: null, nonResourceURLs: null})),
    }),
  ),
});

const PRIORITY_LEVEL_SPEC = struct({
  type: '',
  limited: pointer(
    struct({
      nominalConcurrencyShares: 0,
      limitResponse: struct({type: '', queuing: pointer(struct({queues: 0, handSize: 0, queueLengthLimit: 0}))}),
      lendablePercent: null,
      borrowingLimitPercent: null,
    }),
  ),
  exempt: pointer(struct({nominalConcurrencyShares: null, lendablePercent: null})),
});

export function validateMandatoryFlowSchema(spec: FlowSchemaSpec, name: string): FieldError[] {
  const fixed = FLOW_SCHEMAS.get(name);
  if (!fixed || semanticEqual(spec, fixed)) return [];
  return [invalid('spec', internal(spec, FLOW_SCHEMA_SPEC), `spec of '${name}' must equal the fixed value`)];
}

export function validateMandatoryPriorityLevel(spec: PriorityLevelConfigurationSpec, name: string): FieldError[] {
  const refused = (message: string): FieldError[] => [invalid('spec', internal(spec, PRIORITY_LEVEL_SPEC), `spec of '${name}' ${message}`)];
  if (name === 'catch-all' && !semanticEqual(spec, CATCH_ALL)) return refused('must equal the fixed value');
  if (name !== 'exempt') return [];
  const {exempt: _, ...fixed} = spec;
  return semanticEqual(fixed, {type: 'Exempt'}) ? [] : refused("except the 'spec.exempt' field must equal the fixed value");
}
