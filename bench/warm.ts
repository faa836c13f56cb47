/** Starts and stops clusters by the compiled library, as many as it is asked for; answers with what each start took, in milliseconds. */
const library = new URL('../dist/index.js', import.meta.url).href;
const {startCluster} = (await import(library)) as typeof import('../cluster/index.ts');

process.on('message', async ({count}: {count: number}) => {
  const times: number[] = [];
  await (await startCluster()).stop();
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    const cluster = await startCluster();
    times.push(performance.now() - started);
    await cluster.stop();
  }
  process.send!(times);
});
