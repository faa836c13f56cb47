/** What was asked for makes no sense: the command line exits with 2. The message is one line. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** What was asked for cannot be done here (a taken port, a locked folder): the command line exits with 1. The message is one line. */
export class StartError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, {cause});
    this.name = 'StartError';
  }
}

/** Runs what fails only for reasons outside the program: throws StartError, which begins with `what`. */
export function attempt<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new StartError(`${what}: ${explain(error)}`, error);
  }
}

/** A system error without its path and call, which the message around it tells better. */
export const explain = (error: unknown): string => (error as Error).message.replace(/^(?:[a-z]+ )?[A-Z]+: /, '').replace(/, \w+ '.*'$/, '');
