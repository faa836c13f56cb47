import type {Logger} from 'pino';
import {LOG_LEVELS, type LogLevel} from './options.ts';

/** A log of JSON lines on standard error. */
export interface Log {
  debug(details: object, message: string): void;
  error(error: unknown, message: string): void;
}

/** pino is loaded at the first line: it takes longer than the rest of a quiet start may. */
export function createLog(threshold: LogLevel): Log {
  let logger: Promise<Logger> | undefined;
  const write = (level: 'debug' | 'error', details: unknown, message: string): void => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(threshold)) return;
    logger ??= import('pino').then(({pino}) => pino({level: threshold}, pino.destination(2)));
    void logger.then(pino => pino[level](details, message));
  };
  return {
    debug: (details, message) => write('debug', details, message),
    error: (error, message) => write('error', error, message),
  };
}
