import type {ClusterOptions} from '../../cluster/options.ts';
import {type Load, makeNamespace, makeNamespaces, type Session, withCpu, withServer} from '../harness.ts';
import type {Condition, Measured} from '../load.ts';
import {deployment, NAMESPACE, node, tolerantPod} from '../objects.ts';
import type {LoadRequest} from '../operations.ts';
import type {Report} from '../report.ts';

const TEN_NODES: ClusterOptions = {nodes: 10};
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;

/** A Deployment of 500: available, rolled over, gone. */
export const measureDeployments = (load: Load, report: Report): Promise<void> =>
  withServer(load, TEN_NODES, async session => {
    const path = `${DEPLOYMENTS}/large`;
    const until = (status: Condition['status']): Condition => ({path, status});
    await makeNamespace(session);
    const steps: [string, LoadRequest, Condition, number][] = [
      [
        'Deployment of 500 available',
        {method: 'POST', path: DEPLOYMENTS, body: deployment('large', 500, true)},
        until({availableReplicas: 500}),
        1.2,
      ],
      [
        'rolling update of 500',
        patch(path, {spec: {template: {metadata: {annotations: {rolled: 'yes'}}}}}),
        until({observedGeneration: 2, replicas: 500, updatedReplicas: 500, availableReplicas: 500}),
        2,
      ],
      ['scale 500 to 0', patch(path, {spec: {replicas: 0}}), {path: `/api/v1/namespaces/${NAMESPACE}/pods?limit=1`, items: 0}, 0.8],
    ];
    for (const [name, request, condition, target] of steps) await untilDone(session, report, name, 500, [request], [condition], target);
  });

export const measureManyDeployments = (load: Load, report: Report): Promise<void> =>
  withServer(load, TEN_NODES, async session => {
    await makeNamespace(session);
    const names = Array.from({length: 50}, (_, i) => `small-${i}`);
    const requests = names.map((name): LoadRequest => ({method: 'POST', path: DEPLOYMENTS, body: deployment(name, 10, true)}));
    const conditions = names.map((name): Condition => ({path: `${DEPLOYMENTS}/${name}`, status: {availableReplicas: 10}}));
    await untilDone(session, report, '50 Deployments of 10', 500, requests, conditions, 1.5);
  });

export const measureNamespace = (load: Load, report: Report): Promise<void> =>
  withServer(load, TEN_NODES, async session => {
    await makeNamespace(session);
    await session.send({method: 'POST', path: DEPLOYMENTS, body: deployment('large', 500, true)});
    await session.run({job: 'until', conditions: [{path: `${DEPLOYMENTS}/large`, status: {availableReplicas: 500}}]});
    const path = `/api/v1/namespaces/${NAMESPACE}`;
    await untilDone(session, report, 'namespace with 500 pods gone', 500, [{method: 'DELETE', path}], [{path, gone: true}], 1.5);
  });

/** Pods that wait for nodes, then 100 nodes: no kubelet and no controller takes a part of the time. */
export const measureScheduler = (load: Load, report: Report): Promise<void> =>
  withServer(load, {nodes: 0, controllers: 'scheduler'}, async session => {
    const count = 5_000;
    await makeNamespaces(session);
    const post = (path: string, body: LoadRequest['body']): LoadRequest => ({method: 'POST', path, ...(body !== undefined && {body})});
    const pods = Array.from({length: count}, (_, i) => post(`/api/v1/namespaces/${NAMESPACE}/pods`, tolerantPod(`pod-${i}`)));
    await session.run({job: 'requests', requests: pods});
    const nodes = Array.from({length: 100}, (_, i) => post('/api/v1/nodes', node(`node-${i}`)));
    const unscheduled: Condition = {path: '/api/v1/pods?fieldSelector=spec.nodeName%3D&limit=1', items: 0};
    const {cpu, result} = await withCpu(session, async () => {
      const made = await session.run({job: 'requests', requests: nodes});
      const done = await session.run({job: 'until', conditions: [unscheduled]});
      return {...done, seconds: made.seconds + done.seconds};
    });
    const ours = `${Math.round(count / result.seconds)} pods/s, ${(cpu / count).toFixed(3)} ms CPU per pod`;
    report.note('scheduler, 5,000 pods, 100 nodes', ours, '≥ 1,000 pods/s', result.error);
  });

async function untilDone(
  session: Session,
  report: Report,
  name: string,
  pods: number,
  requests: LoadRequest[],
  conditions: Condition[],
  target: number,
): Promise<void> {
  const {cpu, result} = await withCpu(session, async (): Promise<Measured> => {
    const sent = await session.run({job: 'requests', requests});
    const done = await session.run({job: 'until', conditions});
    const error = sent.error ?? done.error;
    return {...done, seconds: sent.seconds + done.seconds, ...(error !== undefined && {error})};
  });
  const ours = `${result.seconds.toFixed(2)} s, ${(cpu / pods).toFixed(2)} ms CPU per pod`;
  report.note(name, ours, `≤ ${target} s, ≤ 4 ms`, result.error);
}

const patch = (path: string, body: LoadRequest['body']): LoadRequest => ({
  method: 'PATCH',
  path,
  headers: {'Content-Type': 'application/merge-patch+json'},
  ...(body !== undefined && {body}),
});
