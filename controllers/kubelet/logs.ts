import {formatMicroTime} from '../../server/api/time.ts';
import type {Output, Run} from './run.ts';

/** One life of a container, as far as its log is concerned. */
export interface LogSource {
  run?: Run;
  /** Milliseconds since the epoch; `end` is left out while it runs. */
  start: number;
  end?: number;
}

/** v1.PodLogOptions, parsed. */
export interface LogOptions {
  tailLines?: number;
  sinceSeconds?: number;
  /** Milliseconds since the epoch. */
  sinceTime?: number;
  timestamps?: boolean;
  limitBytes?: number;
  stream?: 'All' | 'Stdout' | 'Stderr';
}

export interface LogLine {
  /** Milliseconds since the epoch. */
  time: number;
  stream: 'stdout' | 'stderr';
  /** With its newline, unless the container left it out at the end. */
  text: string;
}

const MAX_LINES = 10_000;

/** What a container has written until `now`; nothing is stored, the command says it. */
export function logLines({run, start, end}: LogSource, now: number): LogLine[] {
  if (!run) return [];
  const until = Math.min(end ?? now, now) - start;
  const outputs: Output[] = [...run.output, ...(run.rest?.until(until) ?? [])].filter(({at}) => at <= until);
  if (run.loop) {
    const {from, period, output} = run.loop;
    const rounds = Math.floor((until - from) / period) + 1;
    // A log is rotated: only the newest rounds are still there.
    const first = Math.max(0, rounds - Math.ceil(MAX_LINES / Math.max(1, output.length)));
    for (let round = first; round < rounds; round++)
      for (const line of output) if (from + round * period + line.at <= until) outputs.push({...line, at: from + round * period + line.at});
  }
  return outputs.flatMap(({at, stream, text}) => splitLines(text).map(line => ({time: start + at, stream, text: line})));
}

/** Adds to the log of a container that runs what it has written at this moment. */
export function logOutput(
  container: {run?: Run; state: {type: string; startedAt?: number}},
  stream: Output['stream'],
  text: string,
  now: number,
): void {
  const {run, state} = container;
  if (run && state.startedAt !== undefined) container.run = {...run, output: [...run.output, {at: now - state.startedAt, stream, text}]};
}

/** When the next line is due after `now`, if it is known. */
export function nextLogTime({run, start, end}: LogSource, now: number): number | undefined {
  if (!run || end !== undefined) return undefined;
  const next = run.output.find(({at}) => start + at > now);
  if (next) return start + next.at;
  const later = run.rest?.next(now - start);
  if (later !== undefined) return start + later;
  if (!run.loop || run.loop.output.length === 0) return undefined;
  const {from, period, output} = run.loop;
  const round = Math.max(0, Math.floor((now - start - from) / period));
  const times = [round, round + 1].flatMap(number => output.map(({at}) => start + from + number * period + at));
  return times.find(time => time > now);
}

/** Applies the options; `limitBytes` counts what was sent before (`sent`). */
export function selectLines(lines: readonly LogLine[], options: LogOptions, now: number): LogLine[] {
  const {tailLines, sinceSeconds, sinceTime, stream = 'All'} = options;
  const since = sinceTime ?? (sinceSeconds === undefined ? Number.NEGATIVE_INFINITY : now - sinceSeconds * 1000);
  const wanted = lines.filter(line => line.time >= since && (stream === 'All' || line.stream === stream.toLowerCase()));
  return tailLines === undefined ? wanted : tailLines === 0 ? [] : wanted.slice(-tailLines);
}

export const formatLine = ({time, text}: LogLine, {timestamps}: LogOptions): string =>
  timestamps ? `${formatMicroTime(time).replace('Z', '000Z')} ${text}` : text;

/** The lines of a text, each with the newline that ends it. */
export const splitLines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
