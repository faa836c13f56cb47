import type {Known} from './cost.ts';
import type {CelType} from './types.ts';

/** A size or a cost, at least and at most; saturates at 2^64. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export const MAXIMUM = 2 ** 64;
const cap = (value: number): number => Math.min(value, MAXIMUM);
export const fixed = (value: number): Range => ({min: value, max: value});
export const ZERO = fixed(0);
export const ONE = fixed(1);
export const UNKNOWN: Range = {min: 0, max: MAXIMUM};
export const ADD = (a: Range, b: Range): Range => ({min: cap(a.min + b.min), max: cap(a.max + b.max)});
export const MULTIPLY = (a: Range, b: Range): Range => ({min: cap(a.min * b.min), max: cap(a.max * b.max)});
export const multiplyBy = (a: Range, factor: number): Range => ({min: cap(Math.ceil(a.min * factor)), max: cap(Math.ceil(a.max * factor))});
export const union = (a: Range, b: Range): Range => ({min: Math.min(a.min, b.min), max: Math.max(a.max, b.max)});

const TRAVERSAL = 0.1;
const REGEX = 0.25;
const LONGEST_NAMED_FORMAT = 128;
const LONGEST_FORMAT = 64;
const ADDRESS: Range = {min: 4, max: 16};

interface Estimate {
  readonly cost: Range;
  readonly size?: Range;
}

const traversed = (size: Range, times = 1): Range => multiplyBy(size, times * TRAVERSAL);
const sizeOf = (node: Known | undefined): Range => node?.size ?? UNKNOWN;

/**
 * What a call can cost and how large its result can be, without its arguments' own costs
 * (k8s.io/apiserver/pkg/cel/library/cost.go EstimateCallCost, then cel-go's own functions).
 */
export function estimateCall(
  name: string,
  id: string,
  target: Known | undefined,
  args: readonly Known[],
  declared: (path: readonly string[]) => Range | undefined,
): Estimate {
  const [first, second] = args;
  /** An item of a list, with what the schema says of it. */
  const item = (list: Known): {type: CelType; size: Range} | undefined => {
    const type = list.type?.params[0];
    return type && {type, size: declared(list.path.length > 0 ? [...list.path, '@items'] : []) ?? UNKNOWN};
  };
  switch (name) {
    case 'check':
      return {cost: fixed(350_000)};
    case 'fieldSelector':
    case 'labelSelector': {
      const length = sizeOf(first);
      return {cost: ADD(ADD(fixed(10), traversed(length)), multiplyBy(multiplyBy(length, 0.5), 50))};
    }
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf': {
      if (!target) break;
      const element = item(target);
      if (!element) return {cost: traversed(sizeOf(target))};
      const isText = element.type.kind === 'string' || element.type.kind === 'bytes';
      return {cost: MULTIPLY(sizeOf(target), isText ? ADD(ONE, traversed(element.size)) : ONE)};
    }
    case 'url':
    case 'jsonpatch.escapeKey':
      return {cost: traversed(sizeOf(first)), size: sizeOf(first)};
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
      return {cost: traversed(sizeOf(target)), size: sizeOf(target)};
    case 'replace':
      return {cost: traversed(sizeOf(target), 2), size: replacedSize(sizeOf(target), sizeOf(first), sizeOf(second))};
    case 'split': {
      const limit =
        second?.literal?.kind === 'literal' && second.literal.literal.type === 'int' ? Number(second.literal.literal.value) : undefined;
      // A negative limit is none; as an unsigned number it is enormous.
      const max = limit === undefined ? sizeOf(target).max : limit < 0 ? MAXIMUM : limit;
      return {cost: traversed(sizeOf(target), 2), size: {min: 0, max}};
    }
    case 'join': {
      if (!target) break;
      const count = sizeOf(target);
      const element = item(target);
      let size = element ? MULTIPLY(count, element.size) : ZERO;
      if (first) size = ADD(size, MULTIPLY(sizeOf(first), {min: Math.max(0, count.min - 1), max: Math.max(0, count.max - 1)}));
      return {cost: traversed(size), size};
    }
    case 'find':
    case 'findAll':
      return {
        cost: MULTIPLY(traversed(ADD(sizeOf(target), ONE)), multiplyBy(sizeOf(first), REGEX)),
        size: {min: 0, max: sizeOf(target).max},
      };
    case 'ip':
      return {cost: id === 'cidr_ip' ? ONE : traversed(sizeOf(first))};
    case 'cidr':
    case 'isIP':
    case 'isCIDR':
    case 'quantity':
    case 'isQuantity':
    case 'semver':
    case 'isSemver':
      return {cost: traversed(sizeOf(first))};
    case 'ip.isCanonical':
      return {cost: traversed(sizeOf(first), 2)};
    case 'containsIP':
    case 'containsCIDR': {
      let cost = traversed(ADD(ADDRESS, ADDRESS));
      if (name === 'containsCIDR') cost = ADD(ADD(cost, traversed(ADDRESS)), ONE);
      return {cost: id.endsWith('_string') ? ADD(cost, traversed(sizeOf(first))) : cost};
    }
    case 'validate':
      return {cost: multiplyBy(traversed(sizeOf(first)), LONGEST_NAMED_FORMAT * REGEX)};
    case '_==_': {
      const special = specialEquality(first, second);
      if (special) return {cost: special};
    }
  }
  return estimateStandard(id, target, args);
}

function specialEquality(first: Known | undefined, second: Known | undefined): Range | undefined {
  const name = first?.type?.name;
  if (name === undefined || name !== second?.type?.name) return undefined;
  if (name === 'net.IP' || name === 'net.CIDR' || name === 'kubernetes.Quantity' || name === 'kubernetes.Semver') return ONE;
  if (name === 'kubernetes.NamedFormat') return traversed({min: 1, max: LONGEST_FORMAT});
  if (name === 'kubernetes.URL') return traversed({min: 1, max: second.size?.max ?? 1});
  return undefined;
}

/** The functions of CEL itself and of cel-go's extensions. */
function estimateStandard(id: string, target: Known | undefined, args: readonly Known[]): Estimate {
  const [first, second] = args;
  switch (id) {
    case 'string_format':
      return {cost: traversed(sizeOf(target))};
    case 'string_to_bytes':
      return {cost: traversed(sizeOf(first)), size: {min: sizeOf(first).min, max: cap(sizeOf(first).max * 4)}};
    case 'bytes_to_string':
      return {cost: traversed(sizeOf(first)), size: {min: Math.trunc(sizeOf(first).min / 4), max: sizeOf(first).max}};
    case 'strings_quote':
      return {cost: traversed(sizeOf(first)), size: {min: sizeOf(first).min + 2, max: cap(sizeOf(first).max * 2 + 2)}};
    case 'starts_with_string':
    case 'ends_with_string':
      return {cost: traversed(sizeOf(first))};
    case 'in_list':
      return {cost: sizeOf(second)};
    case 'matches_string':
      return {cost: MULTIPLY(traversed(ADD(sizeOf(target), ONE)), multiplyBy(sizeOf(first), REGEX))};
    case 'contains_string':
      return {cost: MULTIPLY(traversed(sizeOf(target)), traversed(sizeOf(first)))};
    case 'list_slice': {
      const [start, end] = [literalInt(first) ?? 0, literalInt(second) ?? sizeOf(target).max];
      return allocated(1, fixed(Math.max(0, end - start)));
    }
    case 'lists_range':
      return allocated(1, fixed(literalInt(first) ?? MAXIMUM));
    case 'list_reverse':
    case 'list_flatten':
      return allocated(1, sizeOf(target));
    case 'list_flatten_int':
      return allocated(literalInt(first) ?? MAXIMUM, sizeOf(target));
    case 'list_distinct':
      return allocated(2, MULTIPLY(sizeOf(target), sizeOf(target)));
    case 'list_sets_contains_list':
    case 'list_sets_intersects_list':
      return {cost: ADD(ONE, MULTIPLY(sizeOf(first), sizeOf(second)))};
    case 'list_sets_equivalent_list':
      return {cost: ADD(ONE, MULTIPLY(fixed(2), MULTIPLY(sizeOf(first), sizeOf(second))))};
    case 'equals':
    case 'not_equals':
      return {cost: compared(sizeOf(first), sizeOf(second))};
  }
  const sorted = /^list_(\w+)_(sort|sortByAssociatedKeys)$/.exec(id);
  if (sorted) {
    const size = sizeOf(target);
    const isText = sorted[1] === 'string' || sorted[1] === 'bytes';
    return {...allocated(isText ? 2 + TRAVERSAL : 2, MULTIPLY(size, size)), size};
  }
  if (/^(less|less_equals|greater|greater_equals)_(string|bytes)$/.test(id)) return {cost: compared(sizeOf(first), sizeOf(second))};
  return {cost: ONE};
}

/** A call that makes a list. */
const allocated = (factor: number, size: Range): Estimate => ({cost: ADD(multiplyBy(size, factor), fixed(11)), size});

const literalInt = (node: Known | undefined): number | undefined =>
  node?.literal?.kind === 'literal' && node.literal.literal.type === 'int' ? Number(node.literal.literal.value) : undefined;

function compared(a: Range, b: Range): Range {
  const max = Math.min(a.max, b.max);
  return traversed({min: max > 0 ? 1 : 0, max});
}

function replacedSize(size: Range, from: Range, to: Range): Range {
  let count: {min: number; max: number} = {min: 0, max: 0};
  let kept: {min: number; max: number} = {min: 0, max: 0};
  if (from.min === 0) {
    count = {...count, max: cap(size.max + 1)};
    kept = {...kept, max: size.max};
  } else if (to.max <= from.min) kept = {...kept, max: size.max};
  else count = {...count, max: Math.ceil(size.max / from.min)};
  if (from.max === 0) {
    count = {...count, min: size.min + 1};
    kept = {...kept, min: size.min};
  } else if (from.max <= to.min) kept = {...kept, min: size.min};
  else count = {...count, min: Math.ceil(size.min / from.max)};
  return ADD(MULTIPLY(count, to), kept);
}
