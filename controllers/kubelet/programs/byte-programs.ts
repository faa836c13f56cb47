import {createHash} from 'node:crypto';
import {gunzipSync, gzipSync} from 'node:zlib';
import {gather} from './inputs.ts';
import type {Builtin} from './process.ts';
import {fail, parseOptions, write} from './process.ts';

/** Programs that encode, compress and sum up. */
export const bytePrograms: readonly [string, Builtin][] = [
  ['base64', converted((bytes, flags) => (flags.has('d') ? Buffer.from(String(bytes), 'base64') : encoded(bytes, flags)))],
  ['gzip', converted((bytes, flags) => (flags.has('d') ? gunzipSync(bytes) : gzipSync(bytes)))],
  ['gunzip', converted(bytes => gunzipSync(bytes))],
  ['zcat', converted(bytes => gunzipSync(bytes))],
  ...['md5', 'sha1', 'sha256', 'sha512'].map((name): [string, Builtin] => [`${name}sum`, checksum(name)]),
];

/** A program that makes other bytes of its input; a file is not replaced. */
function converted(change: (bytes: Buffer, flags: ReadonlyMap<string, string>) => Buffer | string): Builtin {
  return function* (process, [name, ...argv]) {
    const {flags, rest} = parseOptions(argv, 'w');
    if (flags.has('decode')) flags.set('d', '');
    const {code, bytes} = yield* gather(process, name!, rest);
    try {
      yield* write(change(bytes, flags));
      return code;
    } catch {
      return yield* fail(name!, 'invalid input');
    }
  };
}

const encoded = (bytes: Buffer, flags: ReadonlyMap<string, string>): string => {
  const text = bytes.toString('base64');
  const width = Number(flags.get('w') ?? 76);
  return width === 0 ? text : text.replace(new RegExp(`.{1,${width}}`, 'g'), '$&\n');
};

function checksum(algorithm: string): Builtin {
  return function* (process, [name, ...paths]) {
    const {code, bytes} = yield* gather(process, name!, paths);
    yield* write(`${createHash(algorithm).update(bytes).digest('hex')}  ${paths[0] ?? '-'}\n`);
    return code;
  };
}
