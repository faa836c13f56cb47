import type {Functions} from '../declarations.ts';
import {declare} from '../declarations.ts';
import type {CelMap, Optional, Value} from '../values.ts';
import {failure, isTagged, optional} from '../values.ts';

/** Optional values (cel-go cel/library.go OptionalTypes); selections and indices with ? are the evaluator's. */
export function optionalLibrary(functions: Functions): void {
  const add = declare(functions);
  add('optional.of', 'optional_of', '(V) -> optional(V)', optional);
  add('optional.ofNonZeroValue', 'optional_ofNonZeroValue', '(V) -> optional(V)', (value: Value) =>
    optional(isZero(value) ? undefined : value),
  );
  add('optional.none', 'optional_none', '() -> optional(V)', () => optional(undefined));
  add('value', 'optional_value', 'optional(V).() -> V', ({value}: Optional) =>
    value === undefined ? failure('optional.none() dereference') : value,
  );
  add('hasValue', 'optional_hasValue', 'optional(V).() -> bool', ({value}: Optional) => value !== undefined);
  add('or', 'optional_or_optional', 'optional(V).(optional(V)) -> optional(V)', (a: Optional, b: Optional) =>
    a.value === undefined ? b : a,
  );
  add('orValue', 'optional_orValue_value', 'optional(V).(V) -> V', ({value}: Optional, other: Value) =>
    value === undefined ? other : value,
  );
  add('_[_]', 'optional_list_index_int', '(optional(list(V)), int) -> optional(V)', () => null);
  add('_[_]', 'optional_map_index_value', '(optional(map(K, V)), K) -> optional(V)', () => null);
  add('_[?_]', 'list_optindex_optional_int', '(list(V), int) -> optional(V)', () => null);
  add('_[?_]', 'optional_list_optindex_optional_int', '(optional(list(V)), int) -> optional(V)', () => null);
  add('_[?_]', 'map_optindex_optional_value', '(map(K, V), K) -> optional(V)', () => null);
  add('_[?_]', 'optional_map_optindex_optional_value', '(optional(map(K, V)), K) -> optional(V)', () => null);
  add('first', 'list_first', 'list(V).() -> optional(V)', ({items}: {items: Value[]}) => optional(items[0]));
  add('last', 'list_last', 'list(V).() -> optional(V)', ({items}: {items: Value[]}) => optional(items.at(-1)));
  add('optional.unwrap', 'optional_unwrap', '(list(optional(V))) -> list(V)', unwrap);
  add('unwrapOpt', 'optional_unwrapOpt', 'list(optional(V)).() -> list(V)', unwrap);
}

const unwrap = ({items}: {items: Optional[]}): Value => ({
  kind: 'list',
  items: items.filter(({value}) => value !== undefined).map(({value}) => value!),
});

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0 || value === 0n || value === '') return true;
  if (value instanceof Uint8Array) return value.length === 0;
  if (isTagged(value, 'uint')) return value.value === 0n;
  if (isTagged(value, 'list')) return value.items.length === 0;
  if (isTagged(value, 'map')) return (value as CelMap).entries.size === 0;
  if (isTagged(value, 'object')) return value.fields().length === 0;
  if (isTagged(value, 'duration')) return value.nanos === 0n;
  return isTagged(value, 'optional') && value.value === undefined;
}
