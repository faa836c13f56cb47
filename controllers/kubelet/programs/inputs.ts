import type {Process, Steps} from './process.ts';
import {fail, messageOf, resolvePath} from './process.ts';

/** Hands over the bytes of the files, or of the standard input where none is named, until `take` wants no more. */
export function* inputs(
  process: Process,
  name: string,
  paths: readonly string[],
  take: (bytes: Buffer) => Steps<boolean>,
): Steps<{code: number}> {
  let code = 0;
  for (const path of paths.length > 0 ? paths : ['-']) {
    if (path === '-') {
      for (let bytes = yield {type: 'read'}; bytes; bytes = yield {type: 'read'}) if (!(yield* take(bytes))) return {code};
      continue;
    }
    try {
      const bytes = path === '/dev/null' ? Buffer.alloc(0) : process.files.read(resolvePath(process, path));
      if (!(yield* take(bytes))) return {code};
    } catch (error) {
      code = yield* fail(name, `${path}: ${messageOf(error)}`);
    }
  }
  return {code};
}

/** All of them as one. */
export function* gather(process: Process, name: string, paths: readonly string[]): Steps<{code: number; bytes: Buffer}> {
  const chunks: Buffer[] = [];
  // biome-ignore lint/correctness/useYield: it only gathers
  const {code} = yield* inputs(process, name, paths, function* (bytes) {
    chunks.push(bytes);
    return true;
  });
  return {code, bytes: Buffer.concat(chunks)};
}
