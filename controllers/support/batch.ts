/**
 * Calls `run` `count` times in parallel batches of 1, 2, 4 … and stops after the first batch with a failure
 * (controller.slowStartBatch). Gives the number of successes and the first error.
 */
export async function slowStartBatch(
  count: number,
  run: (index: number) => Promise<unknown>,
): Promise<{succeeded: number; error?: unknown}> {
  let succeeded = 0;
  for (let size = Math.min(1, count), next = 0; size > 0; size = Math.min(2 * size, count - next)) {
    const results = await Promise.allSettled(Array.from({length: size}, (_, i) => run(next + i)));
    succeeded += results.filter(({status}) => status === 'fulfilled').length;
    const failure = results.find(result => result.status === 'rejected');
    if (failure) return {succeeded, error: failure.reason};
    next += size;
  }
  return {succeeded};
}
