import {tar} from './archive.ts';
import {bytePrograms} from './byte-programs.ts';
import {filePrograms} from './file-programs.ts';
import type {Builtin} from './process.ts';
import {systemPrograms} from './system-programs.ts';
import {test} from './test-program.ts';
import {textPrograms} from './text-programs.ts';

/** The programs that are known, by their names. */
export const programs: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ...systemPrograms,
  ...textPrograms,
  ...bytePrograms,
  ...filePrograms,
  ['test', test],
  ['[', test],
  ['tar', tar],
]);
