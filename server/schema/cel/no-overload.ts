import type {CelError, Value} from './values.ts';
import {failure, isTagged, typeName} from './values.ts';

const ORDERED = ['bool', 'bytes', 'double', 'duration', 'int', 'string', 'timestamp', 'uint'];
const NUMBERS = ['double', 'int', 'uint'];

/** Of the language's own functions the types whose values take part themselves, and refuse what they cannot go with (cel-go common/types, traits). */
const TAKES_PART: {readonly [name: string]: readonly string[]} = {
  '_+_': ['bytes', 'double', 'duration', 'int', 'list', 'string', 'timestamp', 'uint'],
  '_-_': ['double', 'duration', 'int', 'timestamp', 'uint'],
  '_*_': NUMBERS,
  '_/_': NUMBERS,
  '_%_': ['int', 'uint'],
  '_<_': ORDERED,
  '_<=_': ORDERED,
  '_>_': ORDERED,
  '_>=_': ORDERED,
  '!_': ['bool', 'double', 'duration', 'int'],
  '-_': ['bool', 'double', 'duration', 'int'],
  '@in': [],
  size: ['bytes', 'list', 'map', 'string'],
  contains: ['string'],
  endsWith: ['string'],
  startsWith: ['string'],
  matches: ['string'],
};

/** Values that can be called refuse by themselves what they are not made for. */
const RECEIVERS = ['string', 'duration', 'timestamp'];

/** What a call without a fitting overload yields. Functions of libraries name what they were given, the language's own at most themselves. */
export function noSuchOverload(name: string, values: readonly Value[]): CelError {
  const takers = TAKES_PART[name];
  if (takers === undefined) return failure(`no such overload: ${name}(${values.map(typeName).join(', ')})`);
  const first = values[0];
  const kind = isTagged(first ?? null, 'timestamp')
    ? 'timestamp'
    : isTagged(first ?? null, 'duration')
      ? 'duration'
      : typeName(first ?? null);
  return name === '@in' || takers.includes(kind) || RECEIVERS.includes(kind)
    ? failure('no such overload')
    : failure(`no such overload: ${name}`);
}
