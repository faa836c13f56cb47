import {parseDuration} from '../api/duration.ts';

/** What `format: duration` takes: durations of Go, or text with an amount of some unit in it (k8s.io/kube-openapi/pkg/validation/strfmt/duration.go). */
export function isDuration(text: string): boolean {
  if (parseDuration(text) !== undefined) return true;
  const amounts = [...text.matchAll(/(\d+)\s*([A-Za-zµ]+)/g)];
  return amounts.every(([, amount]) => BigInt(amount!) <= MAX_INT) && amounts.some(([, , unit]) => isUnit(unit!.toLowerCase()));
}

const MAX_INT = 2n ** 63n - 1n;

// Units by their short names, and by how their long ones begin.
const SHORT = new Set(['ns', 'us', 'µs', 'ms', 's', 'm', 'h', 'hr', 'd', 'w', 'wk']);
const LONG = ['nano', 'micro', 'milli', 'sec', 'min', 'hour', 'day', 'week'];

const isUnit = (unit: string): boolean => SHORT.has(unit) || LONG.some(name => unit.startsWith(name));
