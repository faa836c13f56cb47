import {parseMilliseconds} from '../../server/api/duration.ts';
import type {ContainerRecord, PodRecord} from './pod-record.ts';
import type {Run} from './run.ts';

/** How long the containers of a pod run (a duration such as `5s`), and their exit code, whatever their commands say. */
export const RUN_FOR = 'kubedouble.dev/run-for';
export const EXIT_CODE = 'kubedouble.dev/exit-code';

/** When it will end by itself: as its annotations or its command say, or soon if it is a Job's and its command says nothing. */
export function planExit(container: ContainerRecord, record: PodRecord, run: Run | undefined, job: number): void {
  if (container.state.type !== 'running') return;
  container.run = run ?? {output: []};
  const ends = annotatedExit(container, record) ?? (run ? run.exit : impliedExit(container, record, job));
  if (!ends) return;
  container.state = {...container.state, exitAt: container.state.startedAt + ends.at, exitCode: ends.code};
}

type Exit = {at: number; code: number};

function annotatedExit({kind}: ContainerRecord, {pod}: PodRecord): Exit | undefined {
  const {annotations = {}} = pod.metadata;
  if (kind !== 'regular' || (annotations[RUN_FOR] === undefined && annotations[EXIT_CODE] === undefined)) return undefined;
  return {at: parseMilliseconds(annotations[RUN_FOR] ?? '') ?? 0, code: Number(annotations[EXIT_CODE] ?? 0) & 255};
}

function impliedExit({kind}: ContainerRecord, {pod}: PodRecord, job: number): Exit | undefined {
  const ofJob = (pod.metadata.ownerReferences ?? []).some(({kind: owner, controller}) => controller && owner === 'Job');
  return kind === 'init' || (ofJob && kind === 'regular') ? {at: job, code: 0} : undefined;
}
