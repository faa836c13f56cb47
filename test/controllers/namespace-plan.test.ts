import assert from 'node:assert/strict';
import {aggregateRules} from '../../controllers/clusterrole-aggregation.ts';
import {namespaceConditions} from '../../controllers/namespace-plan.ts';

const NONE = {contentErrors: [], remaining: new Map(), finalizers: new Map()};
const NOW = Date.UTC(2026, 0, 1);

describe('namespace plan', () => {
  it('says that all is well', () => {
    const conditions = namespaceConditions([], NONE, NOW);
    assert.deepEqual(
      conditions.map(({type, status, reason}) => [type, status, reason]),
      [
        ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered'],
        ['NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions'],
        ['NamespaceDeletionContentFailure', 'False', 'ContentDeleted'],
        ['NamespaceContentRemaining', 'False', 'ContentRemoved'],
        ['NamespaceFinalizersRemaining', 'False', 'ContentHasNoFinalizers'],
      ],
    );
    assert.deepEqual(namespaceConditions(conditions, NONE, NOW + 5000), conditions);
  });

  it('says what remains and what holds it', () => {
    const remaining = new Map([
      ['pods.', 2],
      ['deployments.apps', 1],
    ]);
    const conditions = namespaceConditions([], {...NONE, remaining, finalizers: new Map([['example.com/hold', 2]])}, NOW);
    const messages = conditions.filter(({status}) => status === 'True').map(({message}) => message);
    assert.deepEqual(messages, [
      'Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances',
      'Some content in the namespace has finalizers remaining: example.com/hold in 2 resource instances',
    ]);
  });
});

describe('clusterrole aggregation', () => {
  it('takes each rule of selected roles once, by name of the role', () => {
    const rule = (resource: string) => ({apiGroups: [''], resources: [resource], verbs: ['get']});
    const role = (name: string, ...resources: string[]) => ({metadata: {name, labels: {into: 'x'}}, rules: resources.map(rule)});
    const aggregate = {
      metadata: {name: 'all', labels: {into: 'x'}},
      rules: [],
      aggregationRule: {clusterRoleSelectors: [{matchLabels: {into: 'x'}}]},
    };
    assert.deepEqual(
      aggregateRules(aggregate, [role('b', 'pods', 'nodes'), role('a', 'secrets', 'pods'), aggregate]),
      ['secrets', 'pods', 'nodes'].map(rule),
    );
  });
});
