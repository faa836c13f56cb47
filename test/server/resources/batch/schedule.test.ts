import assert from 'node:assert/strict';
import {scheduleError, timeZoneErrors} from '../../../../server/resources/batch/schedule.ts';

describe('cron schedules', () => {
  it('have five fields or a name', () => {
    for (const fine of ['* * * * *', '*/5 0-6 1,15 jan-mar MON', '@daily', '@every 1h30m', 'TZ=UTC 0 0 * * ?']) {
      assert.equal(scheduleError(fine), undefined, fine);
    }
  });

  it('tell what is wrong as the real parser does', () => {
    const wrong: {[schedule: string]: string} = {
      '': 'empty spec string',
      '* * * *': 'expected exactly 5 fields, found 4: [* * * *]',
      '60 * * * *': 'end of range (60) above maximum (59): 60',
      '* * 0 * *': 'beginning of range (0) below minimum (1): 0',
      '5-1 * * * *': 'beginning of range (5) beyond end of range (1): 5-1',
      '*/0 * * * *': 'step of range should be a positive number: */0',
      'a * * * *': 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax',
      '1-2-3 * * * *': 'too many hyphens: 1-2-3',
      '@never': 'unrecognized descriptor: @never',
      '@every x': 'failed to parse duration @every x: time: invalid duration "x"',
      'TZ=Nowhere/None * * * * *': 'provided bad location Nowhere/None: unknown time zone Nowhere/None',
    };
    for (const [schedule, message] of Object.entries(wrong)) assert.equal(scheduleError(schedule), message);
  });

  it('name time zones of the database, with their case', () => {
    for (const fine of [undefined, 'UTC', 'Europe/Berlin', 'America/New_York']) assert.deepEqual(timeZoneErrors(fine), []);
    assert.deepEqual(timeZoneErrors(''), ['timeZone must be nil or non-empty string']);
    assert.deepEqual(timeZoneErrors('europe/berlin'), ['unknown time zone europe/berlin']);
    assert.deepEqual(timeZoneErrors('Local'), ['timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones']);
  });
});
