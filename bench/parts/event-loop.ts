import {ALONE, type Load, makeNamespaces, withServer} from '../harness.ts';
import {NAMESPACE, pod} from '../objects.ts';
import type {LoadRequest} from '../operations.ts';
import type {Report} from '../report.ts';

const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const COUNT = 10_000;

const FORMS: [string, LoadRequest][] = [
  ['list', {method: 'GET', path: PODS}],
  ['list at another revision', {method: 'GET', path: `${PODS}?resourceVersion=0`}],
  ['Table', {method: 'GET', path: PODS, headers: {Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io'}}],
  ['metadata', {method: 'GET', path: PODS, headers: {Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'}}],
  ['protobuf', {method: 'GET', path: PODS, headers: {Accept: 'application/vnd.kubernetes.protobuf'}}],
  ['YAML', {method: 'GET', path: PODS, headers: {Accept: 'application/yaml'}}],
  ['gzip', {method: 'GET', path: PODS, headers: {'Accept-Encoding': 'gzip'}}],
  ['label selector', {method: 'GET', path: `${PODS}?labelSelector=absent`}],
];

/** The longest time for which nobody else had a turn; on a busy machine the operating system's own pauses are among it. */
export const measureEventLoop = (load: Load, report: Report): Promise<void> =>
  withServer(load, ALONE, async session => {
    await makeNamespaces(session);
    await session.usage({watchLoop: true});
    const note = async (what: string, error: string | undefined) => {
      const {wall, cpu} = (await session.usage()).held;
      report.note(`event loop held: ${what}`, `${wall.toFixed(0)} ms, ${cpu.toFixed(0)} ms CPU`, '≤ 50 ms', error);
    };
    const requests = Array.from({length: COUNT}, (_, i): LoadRequest => ({method: 'POST', path: PODS, body: pod(`pod-${i}`, 'node-1')}));
    const {error} = await session.run({job: 'requests', requests});
    await note('creating 10,000 pods', error);
    for (const [form, request] of FORMS) {
      const {error} = await session.run({job: 'requests', requests: Array.from({length: 3}, () => request)});
      await note(`10,000 pods, ${form}`, error);
    }
    const removed = await session.run({job: 'requests', requests: [{method: 'DELETE', path: PODS}]});
    await note('deleting 10,000 pods', removed.error);
  });
