import assert from 'node:assert/strict';
import {createClock, createWallClock} from '../../cluster/clock.ts';
import {settle} from '../../cluster/settle.ts';

const manualClock = () => createClock({wall: createWallClock(), manual: true, start: 0});

describe('cluster/settle', () => {
  it('waits until every part is idle', async () => {
    let left = 5;
    await settle([{idle: () => true}, {idle: () => --left <= 0}], manualClock(), false);
    assert.ok(left <= 0);
  });

  it('waits for work that is due, not for later work or upkeep', async () => {
    const clock = manualClock();
    let ran = 0;
    clock.after(0, 'work', () => ran++);
    clock.after(10, 'work', () => ran++);
    clock.after(5, 'upkeep', () => ran++);
    await settle([], clock, false);
    assert.equal(ran, 1);
  });

  it('advances through all work, and what that brings about', async () => {
    const clock = manualClock();
    const ran: number[] = [];
    clock.after(10, 'work', () => {
      ran.push(clock.now());
      clock.after(1_000, 'work', () => ran.push(clock.now()));
    });
    clock.after(5_000, 'upkeep', () => ran.push(clock.now()));
    await settle([], clock, true);
    assert.deepEqual(ran, [10, 1_010]);
    clock.stop();
  });
});
