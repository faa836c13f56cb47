import type {FieldError, FieldPath} from '../../api/field.ts';
import {duplicate, invalid, required, tooLong, tooMany} from '../../api/field.ts';
import {isCIdentifier, isDNS1123Subdomain, longerThan} from '../../api/names.ts';
import type {Findings} from '../rules.ts';
import {collect, each, named} from '../rules.ts';

const MAX_IDENTIFIER = 32;
const MAX_DOMAIN = 63;

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
  const seen = new Set<string>();
  return limited(list, maximum, path, (item, here) => {
    const name = key(item);
    const again = seen.has(name);
    seen.add(name);
    return collect(rule(item, here), again && duplicate(here, name));
  });
}

function identifier(name: string, path: FieldPath): FieldError[] {
  return collect(longerThan(name, MAX_IDENTIFIER) && tooLong(path, MAX_IDENTIFIER), named(name, path, isCIdentifier));
}

function domain(name: string, path: FieldPath): FieldError[] {
  return collect(longerThan(name, MAX_DOMAIN) && tooLong(path, MAX_DOMAIN), named(name, path, isDNS1123Subdomain));
}

/** The name of an attribute or capacity: a C identifier, with or without a domain before it. */
export function qualifiedName(name: string, path: FieldPath): FieldError[] {
  if (name === '') return [required(path, 'name required')];
  const slash = name.indexOf('/');
  if (slash < 0) return identifier(name, path);
  return fullyQualified(name, slash, path);
}

/** As qualifiedName, and the domain must be there. */
export function fullyQualifiedName(name: string, path: FieldPath): FieldError[] {
  const slash = name.indexOf('/');
  if (name === '') return [required(path, 'name required')];
  if (slash < 0) {
    const why = 'a fully qualified name must be a domain and a name separated by a slash';
    return [...identifier(name, path), invalid(path, name, why)];
  }
  return fullyQualified(name, slash, path);
}

function fullyQualified(name: string, slash: number, path: FieldPath): FieldError[] {
  const [before, after] = [name.slice(0, slash), name.slice(slash + 1)];
  return collect(
    before === '' ? required(path, 'the domain must not be empty') : domain(before, path),
    after === '' ? required(path, 'the name must not be empty') : identifier(after, path),
  );
}
