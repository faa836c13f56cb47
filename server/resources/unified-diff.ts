/*
 * Unified diffs as Go's difflib makes them, which is a port of Python's (github.com/pmezard/go-difflib): which of several possible diffs
 * is shown hangs on its matching, so it is repeated here.
 */

/** Lines `a[aStart, aStart + size)` equal `b[bStart, bStart + size)`. */
interface Match {
  readonly aStart: number;
  readonly bStart: number;
  readonly size: number;
}

/** Lines of `a` that lines of `b` replace; `equal` if they are the same. */
interface Step {
  readonly equal: boolean;
  readonly aStart: number;
  readonly aEnd: number;
  readonly bStart: number;
  readonly bEnd: number;
}

const CONTEXT = 3;
// From so many lines on, those that make up more than a hundredth of them are not matched.
const POPULAR_FROM = 200;

/** The hunks that turn one text into the other, without file names, each line ended by a line feed; '' for equal texts. */
export function unifiedDiff(before: string, after: string): string {
  const [a, b] = [before.split('\n'), after.split('\n')];
  return hunks(steps(a, b))
    .map(hunk => formatHunk(hunk, a, b))
    .join('');
}

function formatHunk(hunk: readonly Step[], a: readonly string[], b: readonly string[]): string {
  const [first, last] = [hunk[0]!, hunk.at(-1)!];
  const lines = hunk.flatMap(step => {
    const old = a.slice(step.aStart, step.aEnd);
    if (step.equal) return old.map(line => ` ${line}`);
    return [...old.map(line => `-${line}`), ...b.slice(step.bStart, step.bEnd).map(line => `+${line}`)];
  });
  const header = `@@ -${formatRange(first.aStart, last.aEnd)} +${formatRange(first.bStart, last.bEnd)} @@`;
  return [header, ...lines].map(line => `${line}\n`).join('');
}

function formatRange(start: number, end: number): string {
  const length = end - start;
  if (length === 1) return String(start + 1);
  return `${length === 0 ? start : start + 1},${length}`;
}

/** Changes with the unchanged lines around them, those together that are close to each other. */
function hunks(all: readonly Step[]): Step[][] {
  const found: Step[][] = [];
  let hunk: Step[] = [];
  all.forEach((step, index) => {
    if (!step.equal) {
      hunk.push(step);
      return;
    }
    const size = step.aEnd - step.aStart;
    const leading = index === 0 ? 0 : CONTEXT;
    const trailing = index === all.length - 1 ? 0 : CONTEXT;
    if (size <= leading + trailing) {
      hunk.push(step);
      return;
    }
    if (leading > 0) hunk.push({...step, aEnd: step.aStart + leading, bEnd: step.bStart + leading});
    if (hunk.some(({equal}) => !equal)) found.push(hunk);
    hunk = trailing > 0 ? [{...step, aStart: step.aEnd - trailing, bStart: step.bEnd - trailing}] : [];
  });
  if (hunk.some(({equal}) => !equal)) found.push(hunk);
  return found;
}

function steps(a: readonly string[], b: readonly string[]): Step[] {
  const found: Step[] = [];
  let [aEnd, bEnd] = [0, 0];
  for (const {aStart, bStart, size} of [...matches(a, b), {aStart: a.length, bStart: b.length, size: 0}]) {
    if (aEnd < aStart || bEnd < bStart) found.push({equal: false, aStart: aEnd, aEnd: aStart, bStart: bEnd, bEnd: bStart});
    [aEnd, bEnd] = [aStart + size, bStart + size];
    if (size > 0) found.push({equal: true, aStart, aEnd, bStart, bEnd});
  }
  return found;
}

/** The matching blocks, in order, adjacent ones as one. */
function matches(a: readonly string[], b: readonly string[]): Match[] {
  const placesOf = placesByLine(b);
  const collectMatches = (aStart: number, aEnd: number, bStart: number, bEnd: number): Match[] => {
    const match = longestMatch(a, b, placesOf, aStart, aEnd, bStart, bEnd);
    if (match.size === 0) return [];
    return [
      ...collectMatches(aStart, match.aStart, bStart, match.bStart),
      match,
      ...collectMatches(match.aStart + match.size, aEnd, match.bStart + match.size, bEnd),
    ];
  };
  const merged: Match[] = [];
  for (const match of collectMatches(0, a.length, 0, b.length)) {
    const last = merged.at(-1);
    const adjacent = last && last.aStart + last.size === match.aStart && last.bStart + last.size === match.bStart;
    if (adjacent) merged[merged.length - 1] = {...last, size: last.size + match.size};
    else merged.push(match);
  }
  return merged;
}

function placesByLine(lines: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  lines.forEach((line, index) => {
    const known = places.get(line);
    if (known) known.push(index);
    else places.set(line, [index]);
  });
  if (lines.length >= POPULAR_FROM) {
    const most = Math.floor(lines.length / 100) + 1;
    for (const [line, indexes] of places) if (indexes.length > most) places.delete(line);
  }
  return places;
}

/** The earliest of the longest blocks, begun with a line that is not popular and extended by any. */
function longestMatch(
  a: readonly string[],
  b: readonly string[],
  placesOf: ReadonlyMap<string, readonly number[]>,
  aStart: number,
  aEnd: number,
  bStart: number,
  bEnd: number,
): Match {
  let best: Match = {aStart, bStart, size: 0};
  let lengths = new Map<number, number>();
  for (let i = aStart; i < aEnd; i++) {
    const next = new Map<number, number>();
    for (const j of placesOf.get(a[i]!) ?? []) {
      if (j < bStart) continue;
      if (j >= bEnd) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = {aStart: i - size + 1, bStart: j - size + 1, size};
    }
    lengths = next;
  }
  let [from, to, size] = [best.aStart, best.bStart, best.size];
  for (; from > aStart && to > bStart && a[from - 1] === b[to - 1]; size++) {
    from--;
    to--;
  }
  while (from + size < aEnd && to + size < bEnd && a[from + size] === b[to + size]) size++;
  return {aStart: from, bStart: to, size};
}
