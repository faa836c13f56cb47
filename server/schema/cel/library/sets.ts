import type {Functions} from '../declarations.ts';
import {declare} from '../declarations.ts';
import type {List} from '../values.ts';
import {equal} from '../values.ts';

const contains = (a: List, b: List): boolean => b.items.every(item => a.items.some(own => equal(own, item)));

/** Lists as sets (cel-go ext.Sets). */
export function setLibrary(functions: Functions): void {
  const add = declare(functions);
  add('sets.contains', 'list_sets_contains_list', '(list(T), list(T)) -> bool', contains);
  add('sets.equivalent', 'list_sets_equivalent_list', '(list(T), list(T)) -> bool', (a: List, b: List) => contains(a, b) && contains(b, a));
  add('sets.intersects', 'list_sets_intersects_list', '(list(T), list(T)) -> bool', (a: List, b: List) =>
    a.items.some(item => b.items.some(other => equal(item, other))),
  );
}
