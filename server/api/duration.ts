const MICROSECOND = 1000n;
const MILLISECOND = 1000n * MICROSECOND;
const SECOND = 1000n * MILLISECOND;
const UNITS: {readonly [unit: string]: bigint} = {
  ns: 1n,
  us: MICROSECOND,
  µs: MICROSECOND,
  μs: MICROSECOND,
  ms: MILLISECOND,
  s: SECOND,
  m: 60n * SECOND,
  h: 3600n * SECOND,
};
const LARGEST = 2n ** 63n - 1n;

/** Nanoseconds of a duration as Go writes it (`1h30m`, `-250ms`, `1.5s`, `0`; time.ParseDuration); undefined if it is none. */
export function parseDuration(text: string): bigint | undefined {
  if (!/^[+-]?((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return /^[+-]?0$/.test(text) ? 0n : undefined;
  let nanos = 0n;
  for (const [, whole, fraction, unit] of text.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = UNITS[unit!]!;
    nanos += BigInt(whole || '0') * scale;
    if (fraction) nanos += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  if (nanos > LARGEST) return undefined;
  return text.startsWith('-') ? -nanos : nanos;
}

/** The same in milliseconds. */
export function parseMilliseconds(text: string): number | undefined {
  const nanos = parseDuration(text);
  return nanos === undefined ? undefined : Number(nanos) / 1e6;
}

/** Why a text is no duration, in Go's words; undefined if it is one. */
export function durationError(text: string): string | undefined {
  if (parseDuration(text) !== undefined) return undefined;
  for (const [, amount, unit] of text.replace(/^[+-]/, '').matchAll(/([\d.]*)([^\d.]*)/g)) {
    if (!/^(\d+\.?\d*|\.\d+)$/.test(amount!)) break;
    if (unit === '') return `time: missing unit in duration ${JSON.stringify(text)}`;
    if (!Object.hasOwn(UNITS, unit!)) return `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`;
  }
  return `time: invalid duration ${JSON.stringify(text)}`;
}
