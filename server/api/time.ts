/** Text that is no time; the message is Go's (time.Parse). */
export class TimeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TimeError';
  }
}

/** metav1.Time on the wire: RFC 3339 in whole seconds, UTC. `milliseconds` since the epoch. */
export const formatTime = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, -'.000Z'.length)}Z`;

/** metav1.MicroTime on the wire: RFC 3339 with six decimals, UTC. `microseconds` is what goes beyond whole milliseconds (0–999). */
export const formatMicroTime = (milliseconds: number, microseconds = 0): string =>
  new Date(milliseconds).toISOString().replace(/Z$/, `${String(microseconds).padStart(3, '0')}Z`);

/** Milliseconds since the epoch of a metav1.Time or MicroTime text, which has been checked before; NaN if it has not. */
export const parseTime = (text: string): number => Date.parse(text);

/** What reading and writing makes of a metav1.Time: whole seconds, UTC. Throws TimeError. */
export function canonicalTime(text: string): string {
  if (CANONICAL.test(text)) return text;
  const {milliseconds, end} = read(text, LAYOUT, false);
  if (end < text.length) throw new TimeError(`parsing time ${quote(text)}: extra text: ${quote(text.slice(end))}`);
  return formatTime(Math.floor(milliseconds / 1000) * 1000);
}

/** What reading and writing makes of a metav1.MicroTime: exactly six decimals, UTC. Throws TimeError. */
export function canonicalMicroTime(text: string): string {
  const {milliseconds, fraction, end} = read(text, MICRO_LAYOUT, true);
  if (end < text.length) throw new TimeError(`parsing time ${quote(text)}: extra text: ${quote(text.slice(end))}`);
  return formatMicroTime(Math.floor(milliseconds / 1000) * 1000).replace('000000Z', `${fraction}Z`);
}

const LAYOUT = '2006-01-02T15:04:05Z07:00';
const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00';
/** Days that every year has, in whole seconds and UTC. */
const CANONICAL =
  /^\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

/** As package time quotes: whatever is not printable ASCII byte by byte. */
const quote = (text: string): string =>
  `"${[...Buffer.from(text)].map(byte => (byte === 0x22 || byte === 0x5c ? `\\${String.fromCharCode(byte)}` : byte < 0x20 || byte > 0x7f ? `\\x${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte))).join('')}"`;

/** The elements of RFC 3339 in Go's layout notation, with the range each must be in. */
const ELEMENTS: readonly {layout: string; pattern: RegExp; name?: string; range?: [number, number]}[] = [
  {layout: '2006', pattern: /\d{4}/y},
  {layout: '-', pattern: /-/y},
  {layout: '01', pattern: /\d{2}/y, name: 'month', range: [1, 12]},
  {layout: '-', pattern: /-/y},
  {layout: '02', pattern: /\d{2}/y, name: 'day', range: [1, 31]},
  {layout: 'T', pattern: /T/y},
  {layout: '15', pattern: /\d{2}/y, name: 'hour', range: [0, 23]},
  {layout: ':', pattern: /:/y},
  {layout: '04', pattern: /\d{2}/y, name: 'minute', range: [0, 59]},
  {layout: ':', pattern: /:/y},
  {layout: '05', pattern: /\d{2}/y, name: 'second', range: [0, 59]},
];

/** Reads element by element, as time.Parse does, so that errors name the element that failed. */
function read(text: string, layout: string, micro: boolean): {milliseconds: number; fraction: string; end: number} {
  const cannot = (position: number, element: string) =>
    new TimeError(`parsing time ${quote(text)} as ${quote(layout)}: cannot parse ${quote(text.slice(position))} as ${quote(element)}`);
  const match = (pattern: RegExp, position: number): string | undefined => {
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = position;
    return sticky.exec(text)?.[0];
  };
  const numbers: number[] = [];
  let position = 0;
  for (const {layout: element, pattern, name, range} of ELEMENTS) {
    const found = match(pattern, position);
    if (found === undefined) throw cannot(position, element);
    if (/\d/.test(found)) {
      const value = Number(found);
      if (range && (value < range[0] || value > range[1])) throw new TimeError(`parsing time ${quote(text)}: ${name} out of range`);
      numbers.push(value);
    }
    position += found.length;
  }
  const fraction = match(micro ? /\.\d{6}/ : /[.,]\d+/, position) ?? '';
  if (micro && fraction === '') throw cannot(position, '.000000');
  position += fraction.length;
  const zone = match(/Z|[+-]\d{2}:\d{2}/, position);
  if (zone === undefined) throw cannot(position, 'Z07:00');
  const [year, month, day, hour, minute, second] = numbers as [number, number, number, number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1) throw new TimeError(`parsing time ${quote(text)}: day out of range`);
  date.setUTCHours(hour, minute, second);
  return {milliseconds: date.getTime() - zoneOffset(zone), fraction: fraction.slice(1), end: position + zone.length};
}

const zoneOffset = (zone: string): number => {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone[0] === '-' ? -minutes : minutes) * 60_000;
};
