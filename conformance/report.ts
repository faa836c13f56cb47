import {readFileSync, writeFileSync} from 'node:fs';
import type {CaseResult} from './replay.ts';

/** How an area did. */
export interface AreaScore {
  area: string;
  steps: number;
  matched: number;
  statusOnly: number;
  cases: number;
  wholeCases: number;
}

/** Per kind of run (`api`, `controllers`) and area the percentage of matching steps, in whole numbers, below which nothing may fall. */
export interface Floors {
  [needs: string]: {[area: string]: number};
}

const FLOORS = new URL('./floors.json', import.meta.url);
const DIFFERENCES = new URL('./differences.json', import.meta.url);

export const loadFloors = (): Floors => JSON.parse(readFileSync(FLOORS, 'utf8')) as Floors;

/** Why a case is known to differ, by its name (a trailing `*` stands for anything). */
export const loadDifferences = (): {[name: string]: string} => JSON.parse(readFileSync(DIFFERENCES, 'utf8')) as {[name: string]: string};

export function scoreAreas(results: readonly CaseResult[]): AreaScore[] {
  const scores = new Map<string, AreaScore>();
  for (const {area, steps} of results) {
    const score = scores.get(area) ?? {area, steps: 0, matched: 0, statusOnly: 0, cases: 0, wholeCases: 0};
    const matched = steps.filter(({differences}) => differences.length === 0).length;
    score.steps += steps.length;
    score.matched += matched;
    score.statusOnly += steps.filter(({statusOk}) => statusOk).length;
    score.cases++;
    score.wholeCases += matched === steps.length ? 1 : 0;
    scores.set(area, score);
  }
  return [...scores.values()].sort((a, b) => (a.area < b.area ? -1 : 1));
}

/** One row per area and a total. */
export function formatTable(scores: readonly AreaScore[], floors: {[area: string]: number} = {}): string {
  const total = scores.reduce((sum, score) => ({
    area: 'total',
    steps: sum.steps + score.steps,
    matched: sum.matched + score.matched,
    statusOnly: sum.statusOnly + score.statusOnly,
    cases: sum.cases + score.cases,
    wholeCases: sum.wholeCases + score.wholeCases,
  }));
  const row = (area: string, ...cells: string[]) => [area.padEnd(24), ...cells.map(cell => cell.padStart(13))].join('');
  return [
    row('area', 'steps', 'matched', 'status alone', 'whole cases', 'floor'),
    ...[...scores, total].map(score =>
      row(
        score.area,
        `${score.matched}/${score.steps}`,
        `${percent(score).toFixed(1)} %`,
        `${((100 * score.statusOnly) / score.steps).toFixed(1)} %`,
        `${score.wholeCases}/${score.cases}`,
        score.area in floors ? `${floors[score.area]} %` : '',
      ),
    ),
  ].join('\n');
}

/** The steps that differ, with their first differences and the reason where one is known. */
export function formatDifferences(results: readonly CaseResult[], reasons: {[name: string]: string}, limit: number): string {
  const lines: string[] = [];
  for (const result of results) {
    const wrong = result.steps.filter(({differences}) => differences.length > 0);
    if (wrong.length === 0) continue;
    const reason = reasonOf(result.case, reasons);
    lines.push(`${result.case}  ${result.steps.length - wrong.length}/${result.steps.length} steps${reason ? `  (known: ${reason})` : ''}`);
    for (const {step, request, differences} of wrong) {
      lines.push(`  step ${step}: ${request}`);
      for (const {path, want, got} of differences.slice(0, limit)) lines.push(`    ${path}  want ${short(want)}  got ${short(got)}`);
      if (differences.length > limit) lines.push(`    … ${differences.length - limit} more`);
    }
  }
  return lines.join('\n');
}

/** The areas that have fallen below their floor. */
export const belowFloor = (scores: readonly AreaScore[], floors: {[area: string]: number} = {}): AreaScore[] =>
  scores.filter(score => percent(score) < (floors[score.area] ?? 0));

// Some steps wait for things to happen; on a busy machine one may come late.
const SLACK = 1;

/** Lifts the floors of one kind of run to a percent below what has been reached; none is lowered. */
export function raiseFloors(needs: string, scores: readonly AreaScore[]): void {
  const floors = loadFloors();
  const areas = {...floors[needs]};
  for (const score of scores) areas[score.area] = Math.max(areas[score.area] ?? 0, Math.floor(percent(score) - SLACK));
  const sorted = Object.fromEntries(Object.entries(areas).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(FLOORS, `${JSON.stringify({...floors, [needs]: sorted}, null, 2)}\n`);
}

export const percent = ({steps, matched}: Pick<AreaScore, 'steps' | 'matched'>): number => (steps === 0 ? 100 : (100 * matched) / steps);

function reasonOf(name: string, reasons: {[name: string]: string}): string | undefined {
  const pattern = Object.keys(reasons).find(text => text === name || (text.endsWith('*') && name.startsWith(text.slice(0, -1))));
  return pattern === undefined ? undefined : reasons[pattern];
}

const short = (value: unknown): string => {
  const text = value === undefined ? '(absent)' : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
};
