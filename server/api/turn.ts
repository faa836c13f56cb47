/** Lets whatever else waits for the process have its turn. */
export const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
