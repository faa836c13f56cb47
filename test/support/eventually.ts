/** Runs the check again and again until it no longer throws; after `limit` ms its last error is thrown. */
export async function eventually<T>(check: () => T | Promise<T>, limit = 5000): Promise<T> {
  const start = performance.now();
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() - start > limit) throw error;
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }
}
