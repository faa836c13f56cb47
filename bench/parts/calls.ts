import {createRandom} from '../../cluster/random.ts';
import {loadFacts} from '../../openapi/facts.ts';
import {schemasOf} from '../../openapi/schemas.ts';
import type {AccessAttributes} from '../../server/access/authorizer.ts';
import {createRbac} from '../../server/access/rbac.ts';
import type {KubeObject} from '../../server/api/object.ts';
import {createRegistry} from '../../server/resources/registry.ts';
import type {StrategyContext} from '../../server/resources/resource.ts';
import type {ResourceStorage} from '../../server/storage/types.ts';
import type {Load} from '../harness.ts';
import {NAMESPACE, pod} from '../objects.ts';
import type {Report} from '../report.ts';

/** Steps of a request that are held to a time of their own, called in this very process. */
export async function measureCalls(_load: Load, report: Report): Promise<void> {
  measurePodRules(report);
  measureRbac(report);
}

function measurePodRules(report: Report): void {
  const facts = loadFacts();
  const {strategy} = createRegistry(facts, schemasOf(facts)).find('', 'v1', 'pods')!;
  const context = {clock: {now: () => 0}, random: createRandom(), warn: () => {}} as unknown as StrategyContext;
  const run = (object: KubeObject) => {
    strategy.defaults?.(object);
    strategy.prepareForCreate?.(object, context);
    const errors = strategy.validate?.(object, context) ?? [];
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
  };
  const pods = (count: number) => Array.from({length: count}, (_, i) => pod(`pod-${i}`, 'node-1') as unknown as KubeObject);
  report.note('defaults and validation of a pod', `${time(pods(5_000), run).toFixed(4)} ms CPU`, '≤ 0.1 ms');
}

function measureRbac(report: Report): void {
  const rules = [{apiGroups: ['', 'apps'], verbs: ['get', 'list'], resources: ['pods', 'deployments']}];
  const rbac = createRbac({
    roles: storageOf(range(100).map(i => [`${NAMESPACE}/role-${i}`, {rules}])),
    clusterRoles: storageOf(range(100).map(i => [`role-${i}`, {rules}])),
    roleBindings: storageOf(range(500).map(i => [`${NAMESPACE}/binding-${i}`, binding('Role', i)])),
    clusterRoleBindings: storageOf(range(500).map(i => [`binding-${i}`, binding('ClusterRole', i)])),
  });
  const attributes = (i: number, verb: string): AccessAttributes => ({
    identity: {name: `user-${i % 500}`, groups: ['system:authenticated', `group-${i % 50}`]},
    verb,
    isResource: true,
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: '',
    namespace: NAMESPACE,
    name: 'pod-1',
    path: '',
  });
  const decide = (verb: string, allowed: boolean) => {
    const each = time(range(50_000), i => {
      if (rbac.authorize(attributes(i, verb)).allowed !== allowed) throw new Error('decided otherwise');
    });
    return `${(each * 1000).toFixed(1)} µs`;
  };
  const ours = `allowed ${decide('get', true)}, refused ${decide('delete', false)}`;
  report.note('RBAC decision, 1,000 bindings', ours, '≤ 20 µs');
}

const binding = (kind: string, i: number) => ({
  roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind, name: `role-${i % 100}`},
  subjects: [
    {kind: 'User', name: `user-${i}`},
    {kind: 'Group', name: `group-${i % 50}`},
  ],
});

/** As much of a storage as decisions look at; it never changes. */
function storageOf(objects: [key: string, object: object][]): ResourceStorage {
  const entries = new Map(
    objects.map(([key, object]) => [key, {key, namespace: key.split('/').slice(0, -1).join(), name: key.split('/').at(-1), object}]),
  );
  const storage = {
    revision: 1,
    get: (key: string) => entries.get(key),
    snapshot: () => ({range: () => entries.values()}),
    cursor: () => ({next: () => []}),
  };
  return storage as unknown as ResourceStorage;
}

const range = (count: number): number[] => Array.from({length: count}, (_, i) => i);

/** Milliseconds of CPU that a call takes, after a fifth of the calls as warm-up. */
function time<T>(items: readonly T[], run: (item: T) => void): number {
  const warm = Math.floor(items.length / 5);
  for (const item of items.slice(0, warm)) run(item);
  const before = process.cpuUsage();
  for (const item of items.slice(warm)) run(item);
  const {user, system} = process.cpuUsage(before);
  return (user + system) / 1000 / (items.length - warm);
}
