/** A text that is no list of completion indexes. */
export class IndexesError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'IndexesError';
  }
}

/** An interval of completion indexes, both ends included. */
type Interval = readonly [first: number, last: number];

/** How many indexes `1,3-5` names; throws IndexesError if they do not rise or reach beyond `completions` (validateIndexesFormat). */
export const countIndexes = (text: string, completions: number): number =>
  parseIndexes(text, completions).reduce((total, [first, last]) => total + last - first + 1, 0);

/** The first index that both lists name; what cannot be read names none. */
export function overlap(a: string, b: string, completions: number): number | undefined {
  const others = readable(b, completions);
  for (const [first, last] of readable(a, completions)) {
    const met = others.find(([start, end]) => start <= last && first <= end);
    if (met) return Math.max(first, met[0]);
  }
  return undefined;
}

function readable(text: string, completions: number): Interval[] {
  return text.split(',').flatMap(part => {
    try {
      return [parseInterval(part, completions)];
    } catch (error) {
      if (error instanceof IndexesError) return [];
      throw error;
    }
  });
}

function parseIndexes(text: string, completions: number): Interval[] {
  if (text === '') return [];
  let previous: number | undefined;
  return text.split(',').map(part => {
    const interval = parseInterval(part, completions);
    if (previous !== undefined && previous >= interval[0]) throw notIncreasing(previous, interval[0]);
    previous = interval[1];
    return interval;
  });
}

function parseInterval(text: string, completions: number): Interval {
  const limits = text.split('-');
  if (limits.length > 2) {
    throw new IndexesError(
      `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    );
  }
  const [first, last] = limits.map(limit => parseIndex(limit, completions)) as [number, number | undefined];
  if (last === undefined) return [first, first];
  if (first >= last) throw notIncreasing(first, last);
  return [first, last];
}

function parseIndex(text: string, completions: number): number {
  if (!/^[+-]?\d+$/.test(text)) throw new IndexesError(`cannot convert string to integer for index: ${JSON.stringify(text)}`);
  const index = Number.parseInt(text, 10);
  if (index >= completions) throw new IndexesError(`too large index: ${JSON.stringify(text)}`);
  return index;
}

const notIncreasing = (previous: number, current: number): IndexesError =>
  new IndexesError(`non-increasing order, previous: ${previous}, current: ${current}`);
