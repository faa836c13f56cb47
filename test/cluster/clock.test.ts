import assert from 'node:assert/strict';
import {createClock, createWallClock} from '../../cluster/clock.ts';
import type {WallClock} from '../../server/api/clock.ts';

/** A wall clock whose timeouts only fire when told to. */
function createFakeWall(start = 1_000) {
  let now = start;
  const timeouts = new Map<() => void, number>();
  const wall: WallClock = {
    now: () => now,
    monotonic: () => now,
    after(delay, run) {
      const once = () => run();
      timeouts.set(once, now + delay);
      return {cancel: () => timeouts.delete(once)};
    },
  };
  return {
    wall,
    timeouts,
    set(time: number) {
      now = time;
      for (const [run, due] of [...timeouts]) {
        if (due > time) continue;
        timeouts.delete(run);
        run();
      }
    },
  };
}

const turn = () => new Promise(resolve => setImmediate(resolve));

describe('cluster/clock', () => {
  it('runs timers of a real clock in order of time, then of making, behind one timeout', () => {
    const {wall, timeouts, set} = createFakeWall();
    const clock = createClock({wall});
    const ran: string[] = [];
    clock.after(30, 'work', () => ran.push('c'));
    clock.after(10, 'upkeep', () => ran.push('a'));
    clock.after(30, 'upkeep', () => ran.push('d'));
    clock.after(20, 'work', () => ran.push('b'));
    assert.equal(timeouts.size, 1);
    set(1_020);
    assert.deepEqual(ran, ['a', 'b']);
    set(1_030);
    assert.deepEqual(ran, ['a', 'b', 'c', 'd']);
    assert.equal(timeouts.size, 0);
  });

  it('never lets cluster time go back with wall time', () => {
    const {wall, set} = createFakeWall();
    const clock = createClock({wall});
    set(5_000);
    assert.equal(clock.now(), 5_000);
    set(2_000);
    assert.equal(clock.now(), 5_000);
  });

  it('forgets cancelled timers and says when the next of a kind is due', () => {
    const {wall, timeouts} = createFakeWall();
    const clock = createClock({wall});
    const timers = Array.from({length: 100}, (_, i) => clock.after((i * 37) % 100, 'upkeep', () => assert.fail('cancelled')));
    const work = clock.after(50, 'work', () => assert.fail('cancelled'));
    assert.equal(clock.nextDue('work'), 1_050);
    assert.equal(clock.nextDue('upkeep'), 1_000);
    for (const timer of timers) timer.cancel();
    assert.equal(clock.nextDue('upkeep'), undefined);
    work.cancel();
    work.cancel();
    assert.equal(clock.nextDue('work'), undefined);
    clock.stop();
    assert.equal(timeouts.size, 0);
  });

  it('moves a manual clock through every instant, with the consequences in between', async () => {
    const clock = createClock({wall: createWallClock(), manual: true, start: 0});
    const seen: string[] = [];
    clock.after(100, 'work', () => {
      seen.push(`first ${clock.now()}`);
      clock.after(50, 'work', () => seen.push(`then ${clock.now()}`));
    });
    clock.after(500, 'upkeep', () => assert.fail('not yet'));
    await turn();
    assert.deepEqual(seen, []);
    await clock.advance(200);
    assert.deepEqual(seen, ['first 100', 'then 150']);
    assert.equal(clock.now(), 200);
    clock.stop();
  });

  it('runs what is due at the present time by itself, but never synchronously', async () => {
    const clock = createClock({wall: createWallClock(), manual: true, start: 7});
    let ran = 0;
    clock.after(0, 'work', () => ran++);
    assert.equal(ran, 0);
    await turn();
    await turn();
    assert.equal(ran, 1);
    assert.equal(clock.now(), 7);
  });

  it('steps to the next timer of a kind', async () => {
    const clock = createClock({wall: createWallClock(), manual: true, start: 0});
    const ran: string[] = [];
    clock.after(10, 'upkeep', () => ran.push('upkeep'));
    clock.after(20, 'work', () => ran.push('work'));
    assert.equal(await clock.step('work'), true);
    assert.deepEqual(ran, ['upkeep', 'work']);
    assert.equal(clock.now(), 20);
    assert.equal(await clock.step(), false);
  });

  it('refuses to move real time', async () => {
    const clock = createClock({wall: createFakeWall().wall});
    await assert.rejects(clock.advance(1), /follows wall time/);
  });

  it('goes on after a timer that throws', () => {
    const {wall, set} = createFakeWall();
    const clock = createClock({wall});
    let ran = false;
    clock.after(1, 'work', () => {
      throw new Error('broken');
    });
    clock.after(2, 'work', () => {
      ran = true;
    });
    assert.throws(() => set(1_001), /broken/);
    set(1_002);
    assert.equal(ran, true);
  });
});
