import type {CronJob, Job} from '../../api/kinds.generated.ts';
import {formatLabelSelector} from '../../api/selectors.ts';
import {parseTime} from '../../api/time.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, age, column, containerImages, containerNames, formatBool, humanDuration, NAME, NONE} from '../printing.ts';

export const columns: ColumnsByKind = {
  CronJob: [
    NAME,
    column<CronJob>('Schedule', ({spec}) => spec?.schedule ?? '', 'CronJobSpec.schedule'),
    column<CronJob>('Timezone', ({spec}) => spec?.timeZone ?? NONE, 'CronJobSpec.timeZone'),
    column<CronJob>('Suspend', ({spec}) => formatBool(spec?.suspend), 'CronJobSpec.suspend'),
    column<CronJob>('Active', ({status}) => status?.active?.length ?? 0, 'CronJobStatus.active'),
    column<CronJob>(
      'Last Schedule',
      ({status}, now) => (status?.lastScheduleTime ? age(status.lastScheduleTime, now) : NONE),
      'CronJobStatus.lastScheduleTime',
    ),
    AGE,
    column<CronJob>('Containers', ({spec}) => containerNames(spec?.jobTemplate?.spec?.template?.spec?.containers)),
    column<CronJob>('Images', ({spec}) => containerImages(spec?.jobTemplate?.spec?.template?.spec?.containers)),
    column<CronJob>('Selector', ({spec}) => formatLabelSelector(spec?.jobTemplate?.spec?.selector), 'JobSpec.selector'),
  ],
  Job: [
    NAME,
    column<Job>('Status', printStatus),
    column<Job>('Completions', printCompletions, 'JobStatus.succeeded'),
    column<Job>('Duration', printDuration),
    AGE,
    column<Job>('Containers', ({spec}) => containerNames(spec?.template?.spec?.containers)),
    column<Job>('Images', ({spec}) => containerImages(spec?.template?.spec?.containers)),
    column<Job>('Selector', ({spec}) => formatLabelSelector(spec?.selector), 'JobSpec.selector'),
  ],
};

function printStatus({metadata, status}: Partial<Job>): string {
  const has = (wanted: string): boolean => status?.conditions?.some(({type, status}) => type === wanted && status === 'True') ?? false;
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata?.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running';
}

function printCompletions({spec, status}: Partial<Job>): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  return (spec?.parallelism ?? 0) > 1 ? `${succeeded}/1 of ${spec!.parallelism}` : `${succeeded}/1`;
}

function printDuration({status}: Partial<Job>, now: number): string {
  if (!status?.startTime) return '';
  return humanDuration((status.completionTime ? parseTime(status.completionTime) : now) - parseTime(status.startTime));
}
