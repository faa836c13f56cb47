import type {JsonObject} from '../../server/api/json.ts';
import {formatTime} from '../../server/api/time.ts';
import type {PodRecord} from './pod-record.ts';
import {isTerminal} from './pod-record.ts';

/** What a node and its pods use (k8s.io/kubelet/pkg/apis/stats/v1alpha1 Summary). Simulated programs use nothing. */
export function statsSummary(nodeName: string, since: number, pods: Iterable<PodRecord>, now: number): JsonObject {
  const time = formatTime(now);
  const usage = {cpu: {time, usageNanoCores: 0, usageCoreNanoSeconds: 0}, memory: {time, usageBytes: 0, workingSetBytes: 0, rssBytes: 0}};
  const running = [...pods].filter(record => record.startTime !== undefined && !isTerminal(record));
  return {
    node: {nodeName, startTime: formatTime(since), ...usage},
    pods: running.map(({pod: {metadata}, startTime, containers}) => ({
      podRef: {name: metadata.name!, namespace: metadata.namespace!, uid: metadata.uid!},
      startTime: formatTime(startTime!),
      containers: containers.flatMap(({name, state}) =>
        state.type === 'running' ? [{name, startTime: formatTime(state.startedAt), ...usage}] : [],
      ),
      ...usage,
    })),
  };
}
