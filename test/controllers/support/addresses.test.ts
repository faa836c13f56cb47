import assert from 'node:assert/strict';
import {createAddressPool, createNetworkPool} from '../../../controllers/support/addresses.ts';

describe('address pools', () => {
  it('hand out the lowest free address', () => {
    const pool = createAddressPool('10.244.3.0/24');
    pool.reserve('10.244.3.3');
    assert.deepEqual([pool.take(), pool.take()], ['10.244.3.2', '10.244.3.4']);
    pool.release('10.244.3.2');
    assert.equal(pool.take(), '10.244.3.2');
  });

  it('end', () => {
    const pool = createAddressPool('10.0.0.0/30');
    assert.deepEqual([pool.take(), pool.take(), pool.take()], ['10.0.0.2', '10.0.0.3', undefined]);
  });

  it('cut networks', () => {
    const pool = createNetworkPool('10.244.0.0/16', 24);
    pool.reserve('10.244.0.0/24');
    pool.reserve('192.168.0.0/24');
    assert.deepEqual([pool.take(), pool.take()], ['10.244.1.0/24', '10.244.2.0/24']);
  });
});
