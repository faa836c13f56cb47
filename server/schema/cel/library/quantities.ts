import {addQuantity, compareQuantity, fromInteger, parseQuantity, quantitySign, subtractQuantity, toNumber} from '../../../api/quantity.ts';
import type {Functions} from '../declarations.ts';
import {declare} from '../declarations.ts';
import {objectType} from '../types.ts';
import type {Opaque, Value} from '../values.ts';
import {failure, isError, opaque} from '../values.ts';

export const QUANTITY_TYPE = objectType('kubernetes.Quantity');

/** A quantity is held as its text. */
type Holder = Opaque & {value: string};

export const quantity = (text: string): Opaque => opaque('kubernetes.Quantity', text, other => compareQuantity(text, other) === 0);

/** Quantities (k8s.io/apiserver/pkg/cel/library/quantity.go). */
export function quantityLibrary(functions: Functions): void {
  const add = declare(functions, {Quantity: QUANTITY_TYPE});
  const order = (a: Holder, b: Holder): number => Math.sign(compareQuantity(a.value, b.value));
  add('quantity', 'string_to_quantity', '(string) -> Quantity', read);
  add('isQuantity', 'is_quantity_string', '(string) -> bool', (text: string) => !isError(read(text)));
  // A global function, unlike all others: quantity('1').sign() does not exist.
  add('sign', 'quantity_sign', '(Quantity) -> int', ({value}: Holder) => BigInt(Math.sign(quantitySign(value))));
  add('isGreaterThan', 'quantity_is_greater_than', 'Quantity.(Quantity) -> bool', (a: Holder, b: Holder) => order(a, b) === 1);
  add('isLessThan', 'quantity_is_less_than', 'Quantity.(Quantity) -> bool', (a: Holder, b: Holder) => order(a, b) === -1);
  add('compareTo', 'quantity_compare_to', 'Quantity.(Quantity) -> int', (a: Holder, b: Holder) => BigInt(order(a, b)));
  add('asApproximateFloat', 'quantity_get_float', 'Quantity.() -> double', ({value}: Holder) => toNumber(value));
  add('asInteger', 'quantity_get_int', 'Quantity.() -> int', ({value}: Holder) =>
    isInteger(value) ? BigInt(toNumber(value)) : failure('cannot convert value to integer'),
  );
  add('isInteger', 'quantity_is_integer', 'Quantity.() -> bool', ({value}: Holder) => isInteger(value));
  add('add', 'quantity_add', 'Quantity.(Quantity) -> Quantity', (a: Holder, b: Holder) => quantity(addQuantity(a.value, b.value)));
  add('add', 'quantity_add_int', 'Quantity.(int) -> Quantity', (a: Holder, b: bigint) => quantity(addQuantity(a.value, fromInteger(b))));
  add('sub', 'quantity_sub', 'Quantity.(Quantity) -> Quantity', (a: Holder, b: Holder) => quantity(subtractQuantity(a.value, b.value)));
  add('sub', 'quantity_sub_int', 'Quantity.(int) -> Quantity', (a: Holder, b: bigint) =>
    quantity(subtractQuantity(a.value, fromInteger(b))),
  );
}

function read(text: string): Value {
  try {
    parseQuantity(text);
    return quantity(text);
  } catch (error) {
    return failure((error as Error).message);
  }
}

/** A binary suffix after a decimal point is held as a fraction, which upstream does not take for an integer even where it is one. */
const isInteger = (text: string): boolean => {
  const value = toNumber(text);
  if (/\.\d+[KMGTPE]i$/.test(text)) return false;
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63;
};
