import {Cron} from 'croner';
import {parseMilliseconds} from '../server/api/duration.ts';
import type {CronJob} from '../server/api/kinds.generated.ts';
import {formatTime, parseTime} from '../server/api/time.ts';

/** When a CronJob is due. All times are milliseconds since the epoch. */
export interface Schedule {
  /** The first time after this one; undefined: never. */
  next(after: number): number | undefined;
}

const DESCRIPTORS: {[name: string]: string} = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Reads a schedule as robfig/cron does; without time zone it is in UTC. Throws for a bad one. */
export function parseSchedule({schedule, timeZone}: CronJob['spec']): Schedule {
  const zoned = /^(?:TZ|CRON_TZ)=(\S+)\s+(.*)$/.exec(schedule);
  const text = (zoned ? zoned[2]! : schedule).trim();
  const zone = timeZone ?? zoned?.[1] ?? 'UTC';
  if (text.startsWith('@every ')) return every(text.slice('@every '.length));
  const pattern = text.startsWith('@') ? DESCRIPTORS[text] : text.replaceAll('?', '*');
  if (!pattern) throw new Error(`unrecognized descriptor: ${text}`);
  const cron = new Cron(pattern, {timezone: zone, mode: '5-part', paused: true});
  return {next: after => cron.nextRun(new Date(after))?.getTime()};
}

function every(duration: string): Schedule {
  const milliseconds = parseMilliseconds(duration);
  if (milliseconds === undefined) throw new Error(`failed to parse duration @every ${duration}`);
  // robfig/cron counts whole seconds, and at least one.
  const period = Math.max(1000, Math.floor(milliseconds / 1000) * 1000);
  return {next: after => Math.floor(after / 1000) * 1000 + period};
}

export interface Due {
  /** The last time that passed and was not served yet. */
  time: number | undefined;
  /** So many were missed that something is wrong. */
  tooMany: boolean;
  /** The next time to look. */
  next: number | undefined;
}

const MANY_MISSED = 100;

/** Which time is due and when the next is (mostRecentScheduleTime). */
export function findDue({metadata, spec, status}: CronJob, schedule: Schedule, now: number): Due {
  let earliest = parseTime(status?.lastScheduleTime ?? metadata.creationTimestamp!);
  if (spec.startingDeadlineSeconds !== undefined) earliest = Math.max(earliest, now - spec.startingDeadlineSeconds * 1000);
  const next = schedule.next(now);
  const first = schedule.next(earliest);
  if (first === undefined || now < first) return {time: undefined, tooMany: false, next};
  const second = schedule.next(first);
  if (second === undefined || now < second) return {time: first, tooMany: false, next};
  const missed = Math.floor((now - first) / (second - first)) + 1;
  // Near the present, however long nothing ran.
  let time = first;
  const start = missed > 2 ? first + (missed - 2) * (second - first) - 1 : first;
  for (let each = schedule.next(start); each !== undefined && each <= now; each = schedule.next(each)) time = each;
  return {time, tooMany: missed > MANY_MISSED, next};
}

/** RFC 3339 with the zone's own offset. */
export function formatInZone(time: number, zone: string | undefined): string {
  if (!zone || zone === 'UTC' || zone === 'Etc/UTC') return formatTime(time);
  const name = new Intl.DateTimeFormat('en-US', {timeZone: zone, timeZoneName: 'longOffset'}).formatToParts(new Date(time));
  const offset = name.find(({type}) => type === 'timeZoneName')!.value.slice('GMT'.length);
  if (offset === '') return formatTime(time);
  const [hours, minutes] = offset.slice(1).split(':').map(Number);
  const shift = (offset.startsWith('-') ? -1 : 1) * (hours! * 60 + minutes!) * 60_000;
  return formatTime(time + shift).replace('Z', offset);
}

export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', {timeZone: zone});
    return true;
  } catch {
    return false;
  }
}
