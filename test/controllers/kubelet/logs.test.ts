import assert from 'node:assert/strict';
import {formatLine, logLines, nextLogTime, selectLines} from '../../../controllers/kubelet/logs.ts';
import type {Run} from '../../../controllers/kubelet/run.ts';

const START = Date.parse('2030-01-01T00:00:00Z');
const out = (at: number, text: string) => ({at, stream: 'stdout' as const, text});
const texts = (run: Run, after: number, end?: number) =>
  logLines({run, start: START, ...(end !== undefined && {end: START + end})}, START + after).map(
    ({time, text}) => `${time - START}:${text.trim()}`,
  );

describe('container logs', () => {
  const run: Run = {output: [out(0, 'a\nb\n'), out(2000, 'c\n')], exit: {at: 3000, code: 0}};
  const loop: Run = {output: [out(0, 'first\n')], loop: {from: 1000, period: 500, output: [out(0, 'tick\n')]}};

  it('hold what was written so far', () => {
    assert.deepEqual(texts(run, 1999), ['0:a', '0:b']);
    assert.deepEqual(texts(run, 2000), ['0:a', '0:b', '2000:c']);
  });

  it('end with the container', () => assert.deepEqual(texts(loop, 5000, 1600), ['0:first', '1000:tick', '1500:tick']));

  it('keep the newest of a loop', () => {
    const lines = texts(loop, 3_600_000_000);
    assert.equal(lines.at(-1), '3600000000:tick');
    assert.ok(lines.length <= 10_001);
  });

  it('know when the next line is due', () => {
    assert.equal(nextLogTime({run, start: START}, START + 1), START + 2000);
    assert.equal(nextLogTime({run, start: START}, START + 2000), undefined);
    assert.equal(nextLogTime({run: loop, start: START}, START + 1200), START + 1500);
  });

  it('are cut by tailLines and times', () => {
    const lines = logLines({run, start: START}, START + 3000);
    const kept = (options: object) => selectLines(lines, options, START + 3000).map(({text}) => text.trim());
    assert.deepEqual(kept({tailLines: 2}), ['b', 'c']);
    assert.deepEqual(kept({tailLines: 0}), []);
    assert.deepEqual(kept({sinceSeconds: 2}), ['c']);
    assert.deepEqual(kept({sinceTime: START + 1}), ['c']);
    assert.deepEqual(kept({stream: 'Stderr'}), []);
  });

  it('show times', () => {
    const [line] = logLines({run, start: START}, START);
    assert.equal(formatLine(line!, {timestamps: true}), '2030-01-01T00:00:00.000000000Z a\n');
  });
});
