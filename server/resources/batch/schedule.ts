import {durationError} from '../../api/duration.ts';
/**
 * What is wrong with a cron schedule of five fields or a descriptor, in the words of the parser that Kubernetes uses
 * (github.com/robfig/cron/v3, ParseStandard); undefined: nothing.
 */
export function scheduleError(text: string): string | undefined {
  try {
    parseSchedule(text);
    return undefined;
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
}

/** Messages of a bad time zone name; absent is fine. */
export function timeZoneErrors(timeZone: string | undefined): string[] {
  if (timeZone === undefined) return [];
  if (timeZone === '') return ['timeZone must be nil or non-empty string'];
  const explicit = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
  return [
    ...(timeZone.toLowerCase() === 'local' ? [explicit] : []),
    ...(isTimeZone(timeZone) || timeZone === 'Local' ? [] : [`unknown time zone ${timeZone}`]),
  ];
}

class ScheduleError extends Error {}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const FIELDS: readonly Bounds[] = [
  {min: 0, max: 59},
  {min: 0, max: 23},
  {min: 1, max: 31},
  {min: 1, max: 12, names: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']},
  {min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']},
];

const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

function parseSchedule(text: string): void {
  if (text === '') throw new ScheduleError('empty spec string');
  let spec = text;
  const zone = /^(?:CRON_)?TZ=([^ ]*)(?: (.*))?$/s.exec(text);
  if (zone) {
    const name = zone[1]!;
    if (name !== '' && name !== 'Local' && !isTimeZone(name)) {
      throw new ScheduleError(`provided bad location ${name}: unknown time zone ${name}`);
    }
    spec = (zone[2] ?? '').trim();
  }
  if (spec.startsWith('@')) {
    parseDescriptor(spec);
    return;
  }
  const fields = spec.split(/\s+/).filter(field => field !== '');
  if (fields.length !== 5) throw new ScheduleError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  for (const [i, field] of fields.entries()) {
    for (const range of field.split(',').filter(part => part !== '')) parseRange(range, FIELDS[i]!);
  }
}

function parseDescriptor(text: string): void {
  if (DESCRIPTORS.includes(text)) return;
  if (!text.startsWith('@every ')) throw new ScheduleError(`unrecognized descriptor: ${text}`);
  const error = durationError(text.slice('@every '.length));
  if (error !== undefined) throw new ScheduleError(`failed to parse duration ${text}: ${error}`);
}

function parseRange(text: string, bounds: Bounds): void {
  const rangeAndStep = text.split('/');
  const limits = rangeAndStep[0]!.split('-');
  const star = limits[0] === '*' || limits[0] === '?';
  const start = star ? bounds.min : parseNumber(limits[0]!, bounds);
  if (limits.length > 2 && !star) throw new ScheduleError(`too many hyphens: ${text}`);
  let end = star ? bounds.max : limits.length === 2 ? parseNumber(limits[1]!, bounds) : start;
  if (rangeAndStep.length > 2) throw new ScheduleError(`too many slashes: ${text}`);
  const step = rangeAndStep.length === 2 ? parseInteger(rangeAndStep[1]!) : 1;
  // `N/step` means from N to the end.
  if (rangeAndStep.length === 2 && !star && limits.length === 1) end = bounds.max;
  if (start < bounds.min) throw new ScheduleError(`beginning of range (${start}) below minimum (${bounds.min}): ${text}`);
  if (end > bounds.max) throw new ScheduleError(`end of range (${end}) above maximum (${bounds.max}): ${text}`);
  if (start > end) throw new ScheduleError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`);
}

function parseNumber(text: string, {names}: Bounds): number {
  const index = names?.indexOf(text.toLowerCase()) ?? -1;
  return text !== '' && index >= 0 ? index : parseInteger(text);
}

function parseInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new ScheduleError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const number = Number.parseInt(text, 10);
  if (number < 0) throw new ScheduleError(`negative number (${number}) not allowed: ${text}`);
  return number;
}

/** Is it in the tz database? Names there are files: their case counts, while Intl is lenient. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Z][\w+-]*(?:\/[A-Z][\w+-]*)*$/.test(name)) return false;
  try {
    const known = new Intl.DateTimeFormat('en', {timeZone: name}).resolvedOptions().timeZone;
    return known === name || known.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}
