import assert from 'node:assert/strict';
import {createRandom, createSeededRandom} from '../../cluster/random.ts';
import {randomSuffix} from '../../server/api/random.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('cluster/random', () => {
  it('repeats itself for the same seed and differs for another', () => {
    const draw = (seed: string | number) => {
      const random = createSeededRandom(seed);
      return [random.float(), random.integer(1000), random.uuid(), Buffer.from(random.bytes(5)).toString('hex'), randomSuffix(random)];
    };
    assert.deepEqual(draw('a'), draw('a'));
    assert.notDeepEqual(draw('a'), draw('b'));
    assert.notDeepEqual(draw('1'), draw(1));
  });

  for (const [name, random] of [
    ['seeded', createSeededRandom(7)],
    ['from the operating system', createRandom()],
  ] as const) {
    it(`is even and within its bounds: ${name}`, () => {
      const counts = new Array<number>(10).fill(0);
      for (let i = 0; i < 20_000; i++) {
        const float = random.float();
        assert.ok(float >= 0 && float < 1);
        counts[random.integer(10)]!++;
      }
      for (const count of counts) assert.ok(count > 1_750 && count < 2_250, `${counts}`);
      assert.equal(random.bytes(33).length, 33);
    });

    it(`makes version 4 UUIDs: ${name}`, () => {
      const uuids = Array.from({length: 100}, () => random.uuid());
      for (const uuid of uuids) assert.match(uuid, UUID);
      assert.equal(new Set(uuids).size, 100);
    });
  }
});
