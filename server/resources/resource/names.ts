import type {FieldError, FieldPath} from '../../api/field.ts';
import {invalid, required, tooLong, tooMany} from '../../api/field.ts';
import {isCIdentifier, isDNS1123Label, isDNS1123Subdomain, longerThan} from '../../api/names.ts';
import type {Findings} from '../rules.ts';
import {collect, each, named, unique} from '../rules.ts';
import {validateDriver} from './devices.ts';

const MAX_IDENTIFIER = 32;
/** Of an attribute or capacity: domain, slash and identifier. */
export const MAX_KEY = 63 + 1 + MAX_IDENTIFIER;
const MAX_POOL_NAME = 253;
const MAX_COUNTERS = 32;

/** At most so many items, each by its rule (validateSlice). */
export const limited = <T>(
  list: readonly T[] | undefined | null,
  maximum: number,
  path: FieldPath,
  rule: (item: T, path: FieldPath) => Findings,
): FieldError[] => ((list ?? []).length > maximum ? [tooMany(path, list!.length, maximum)] : each(list, path, rule));

/** As `limited`, of items with different keys (validateSet). */
export function limitedSet<T>(
  list: readonly T[] | undefined | null,
  maximum: number,
  path: FieldPath,
  key: (item: T) => string,
  rule: (item: T, path: FieldPath) => Findings,
): FieldError[] {
  if ((list ?? []).length > maximum) return [tooMany(path, list!.length, maximum)];
  return [...each(list, path, rule), ...unique(list ?? [], path, key)];
}

function identifier(name: string, path: FieldPath): FieldError[] {
  return collect(longerThan(name, MAX_IDENTIFIER) && tooLong(path, MAX_IDENTIFIER), named(name, path, isCIdentifier));
}

/** The name of an attribute or capacity: a C identifier, with or without a domain before it. */
export function qualifiedName(name: string, path: FieldPath): FieldError[] {
  const [before, after, ...more] = name.split('/') as [string, string?, ...string[]];
  if (after === undefined) return identifier(before, path);
  // What has more than one slash has never been looked at.
  if (more.length > 0) return [];
  return collect(
    before === '' ? invalid(path, '', 'the domain must not be empty') : validateDriver(before, path),
    after === '' ? invalid(path, '', 'the name must not be empty') : identifier(after, path),
  );
}

/** As qualifiedName, and the domain must be there. */
export const fullyQualifiedName = (name: string, path: FieldPath): FieldError[] =>
  collect(
    qualifiedName(name, path),
    !name.includes('/') && invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash'),
  );

/** The name of a pool: subdomains with slashes between them. */
export const validatePoolName = (name: string | undefined, path: FieldPath): FieldError[] =>
  name
    ? collect(
        longerThan(name, MAX_POOL_NAME) && tooLong(path, MAX_POOL_NAME),
        ...name.split('/').map(part => named(part, path, isDNS1123Subdomain)),
      )
    : [required(path)];

/** A long key as it stands in paths: its middle is left out. */
export function shortKey(key: string, maximum: number): string {
  if (key.length <= maximum) return key;
  const room = maximum - '...'.length;
  return `${key.slice(0, Math.ceil(room / 2))}...${key.slice(key.length - Math.floor(room / 2))}`;
}

/** Keys of counters. */
export const validateCounters = (counters: {readonly [name: string]: unknown} | undefined, path: FieldPath): FieldError[] => {
  const names = Object.keys(counters ?? {});
  if (names.length === 0) return [required(path)];
  return names.length > MAX_COUNTERS
    ? [tooMany(path, names.length, MAX_COUNTERS)]
    : collect(...names.map(name => named(name, path, isDNS1123Label)));
};
