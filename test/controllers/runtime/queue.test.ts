import assert from 'node:assert/strict';
import {createClock, createWallClock} from '../../../cluster/clock.ts';
import {createWorkQueue} from '../../../controllers/runtime/queue.ts';

const manualClock = () => createClock({wall: createWallClock(), manual: true, start: 0});

describe('work queue', () => {
  it('hands a key out once, in order of arrival', () => {
    const queue = createWorkQueue(manualClock());
    for (const key of ['b', 'a', 'b', 'c']) queue.add(key);
    assert.deepEqual([queue.take(), queue.take(), queue.take(), queue.take()], ['b', 'a', 'c', undefined]);
  });

  it('hands a key that changed during its work out again, afterwards', () => {
    const queue = createWorkQueue(manualClock());
    queue.add('a');
    queue.take();
    queue.add('a');
    assert.equal(queue.take(), undefined);
    queue.done('a');
    assert.equal(queue.take(), 'a');
    assert.equal(queue.idle(), false);
    queue.done('a');
    assert.equal(queue.idle(), true);
  });

  it('keeps the earliest of several delays', async () => {
    const clock = manualClock();
    const queue = createWorkQueue(clock);
    queue.addAfter('a', 1000);
    queue.addAfter('a', 200);
    queue.addAfter('a', 5000);
    assert.equal(queue.nextDue(), 200);
    await clock.advance(199);
    assert.equal(queue.take(), undefined);
    await clock.advance(1);
    assert.equal(queue.take(), 'a');
    queue.done('a');
    await clock.advance(10_000);
    assert.equal(queue.take(), undefined);
  });

  it('doubles the backoff from 5 ms up to 1000 s and starts anew after forget', async () => {
    const clock = manualClock();
    const queue = createWorkQueue(clock);
    const delays: number[] = [];
    for (let i = 0; i < 20; i++) {
      queue.retry('a');
      delays.push(queue.nextDue()! - clock.now());
      await clock.advance(delays.at(-1)!);
      queue.take();
      queue.done('a');
    }
    assert.deepEqual(delays.slice(0, 4), [5, 10, 20, 40]);
    assert.deepEqual(delays.slice(-2), [1_000_000, 1_000_000]);
    queue.forget('a');
    queue.retry('a');
    assert.equal(queue.nextDue()! - clock.now(), 5);
  });

  it('does nothing after stop', async () => {
    const clock = manualClock();
    const queue = createWorkQueue(clock);
    queue.addAfter('a', 10);
    queue.stop();
    queue.add('b');
    await clock.advance(20);
    assert.equal(queue.take(), undefined);
    assert.equal(clock.nextDue('work'), undefined);
  });
});
