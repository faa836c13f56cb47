import type {Pod} from '../server/api/kinds.generated.ts';

// Completion indexes of Indexed Jobs, and their text form: `0-2,4,6,7` (pkg/controller/job/indexed_job_utils.go).

export const INDEX = 'batch.kubernetes.io/job-completion-index';

/** The pod's completion index; undefined: it has none that counts. */
export function indexOf({metadata}: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Reads the text form; indexes from `completions` on do not count any more. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const [first, last = first] = part.split('-');
    if (!first || !/^\d+$/.test(first)) continue;
    for (let index = Number(first); index <= Math.min(Number(last), completions - 1); index++) indexes.add(index);
  }
  return indexes;
}

/** Two neighbours are listed, three or more are a range. */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    const [first, last] = [sorted[i]!, sorted[end]!];
    parts.push(first === last ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`);
    i = end + 1;
  }
  return parts.join(',');
}
