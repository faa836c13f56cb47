import assert from 'node:assert/strict';
import type {CaseResult} from '../../conformance/replay.ts';
import {formatDifferences, loadDifferences, percent, scoreAreas} from '../../conformance/report.ts';

/** A test for each area: not fewer steps match than its floor, in percent. `results` are there when the tests run. */
export function testFloors(floors: {readonly [area: string]: number}, results: () => readonly CaseResult[]): void {
  for (const [area, floor] of Object.entries(floors)) {
    it(`${area}: at least ${floor} % of the steps`, () => {
      const own = results().filter(result => result.area === area);
      const [score] = scoreAreas(own);
      const differences = formatDifferences(own, loadDifferences(), 3).split('\n').slice(0, 60).join('\n');
      assert.ok(percent(score!) >= floor, `${score!.matched} of ${score!.steps} steps match\n${differences}`);
    });
  }
}
