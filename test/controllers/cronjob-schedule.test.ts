import assert from 'node:assert/strict';
import {findDue, formatInZone, isTimeZone, parseSchedule} from '../../controllers/cronjob-schedule.ts';
import type {CronJob} from '../../server/api/kinds.generated.ts';

const T0 = Date.UTC(2026, 2, 29, 0, 30);
const cronJob = (schedule: string, spec: Partial<CronJob['spec']> = {}, lastScheduleTime?: string): CronJob => ({
  metadata: {name: 'tick', creationTimestamp: new Date(T0).toISOString()},
  spec: {schedule, jobTemplate: {spec: {template: {}}}, ...spec},
  status: {...(lastScheduleTime && {lastScheduleTime})},
});
const next = (schedule: string, timeZone?: string) =>
  new Date(parseSchedule(cronJob(schedule, {...(timeZone && {timeZone})}).spec).next(T0)!).toISOString();

describe('cronjob schedule', () => {
  it('reads what robfig/cron reads', () => {
    assert.equal(next('*/5 * * * *'), '2026-03-29T00:35:00.000Z');
    assert.equal(next('0 9-17/2 * * MON'), '2026-03-30T09:00:00.000Z');
    assert.equal(next('@hourly'), '2026-03-29T01:00:00.000Z');
    assert.equal(next('@every 1h30m'), '2026-03-29T02:00:00.000Z');
    assert.equal(next('0 0 ? * *'), '2026-03-30T00:00:00.000Z');
    assert.throws(() => parseSchedule(cronJob('@never').spec));
    assert.throws(() => parseSchedule(cronJob('61 * * * *').spec));
  });

  it('knows time zones and the hours they skip', () => {
    assert.equal(next('0 9 * * *', 'Asia/Tokyo'), '2026-03-30T00:00:00.000Z');
    assert.equal(next('TZ=Asia/Tokyo 0 9 * * *'), '2026-03-30T00:00:00.000Z');
    assert.equal(isTimeZone('Europe/Berlin'), true);
    assert.equal(isTimeZone('Europe/Nowhere'), false);
    assert.equal(formatInZone(T0, 'Asia/Kolkata'), '2026-03-29T06:00:00+05:30');
    assert.equal(formatInZone(T0, 'America/New_York'), '2026-03-28T20:30:00-04:00');
  });

  it('finds what is due', () => {
    const due = (minutes: number, spec: Partial<CronJob['spec']> = {}, last?: string) => {
      const each = cronJob('* * * * *', spec, last);
      const {time, tooMany} = findDue(each, parseSchedule(each.spec), T0 + minutes * 60_000);
      return [time === undefined ? undefined : (time - T0) / 60_000, tooMany];
    };
    assert.deepEqual(due(0.5), [undefined, false]);
    assert.deepEqual(due(1), [1, false]);
    assert.deepEqual(due(3.5), [3, false]);
    assert.deepEqual(due(1.5, {}, new Date(T0 + 60_000).toISOString()), [undefined, false]);
    assert.deepEqual(due(500), [500, true]);
    assert.deepEqual(due(500, {startingDeadlineSeconds: 90}), [500, false]);
  });
});
