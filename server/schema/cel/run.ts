import type {Value} from './values.ts';
import {isTagged} from './values.ts';

/** What a run reads and counts. */
export interface Run {
  /** A variable's value; called each time the variable is read. */
  variable(name: string): Value | undefined;
  /** Spent so far, in CEL's cost units. */
  cost: number;
  readonly limit: number;
  readonly locals: Value[];
  /** Characters and values touched so far. */
  touched: number;
  /** How many values are in a list, map or object, once counted. */
  readonly weights: WeakMap<object, number>;
}

/** One node of an expression, ready to be evaluated. */
export type Step = (run: Run) => Value;

/** A run that costs or touches too much. */
export class LimitExceeded extends Error {}

/** Functions that look into all of what they are given. */
const DEEP = new Set(['_==_', '_!=_', '@in', 'distinct', 'sets.contains', 'sets.equivalent', 'sets.intersects', 'indexOf', 'lastIndexOf']);
/** Characters and values one evaluation may touch: CEL's cost takes some calls for cheap that are not. */
const WORK_LIMIT = 10_000_000;

/** Adds to the cost; throws LimitExceeded. */
export function charge(run: Run, cost: number): void {
  run.cost += cost;
  if (run.cost > run.limit) throw new LimitExceeded();
}

/** Counts what a call may touch, and stops what touches too much. */
export function work(run: Run, name: string, values: readonly Value[]): void {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) {
    if (typeof value === 'string') run.touched += value.length;
    else if (typeof value === 'object' && value !== null && DEEP.has(name)) least = Math.min(least, weight(run, value));
  }
  if (Number.isFinite(least)) run.touched += least;
  if (run.touched > WORK_LIMIT) throw new LimitExceeded();
}

function weight(run: Run, value: Value): number {
  if (typeof value === 'string') return 1 + value.length / 8;
  if (typeof value !== 'object' || value === null) return 1;
  const known = run.weights.get(value);
  if (known !== undefined) return known;
  let total = 1;
  if (isTagged(value, 'list')) for (const item of value.items) total += weight(run, item);
  else if (isTagged(value, 'map')) for (const [, own] of value.entries.values()) total += 1 + weight(run, own);
  else if (isTagged(value, 'object')) for (const name of value.fields()) total += 1 + weight(run, value.get(name)!);
  run.weights.set(value, total);
  return total;
}
