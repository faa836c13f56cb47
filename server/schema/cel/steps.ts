import type {Step} from './run.ts';
import {charge} from './run.ts';
import type {CelMap, Value} from './values.ts';
import {equal, failure, goTypeName, isError, isTagged, list, mapKey, optional, typeName} from './values.ts';

/** Cost of list and map literals. */
export const LIST_COST = 10;
const MAP_COST = 30;

/** && (`absorbing` false) and || (true): whichever side decides does so, errors of the other notwithstanding. */
export function logical(left: Step, right: Step, absorbing: boolean): Step {
  return run => {
    const first = left(run);
    if (first === absorbing) return absorbing;
    const second = right(run);
    if (second === absorbing) return absorbing;
    if (isError(first)) return first;
    if (isError(second)) return second;
    return typeof first === 'boolean' && typeof second === 'boolean' ? !absorbing : failure('no such overload');
  };
}

export function conditional(test: Step, yes: Step, no: Step): Step {
  return run => {
    const value = test(run);
    if (value === true) return yes(run);
    if (value === false) return no(run);
    return isError(value) ? value : failure('no such overload');
  };
}

/** A field's or key's value; undefined: there is none. */
function member(value: Value, field: string): Value | undefined {
  if (isTagged(value, 'object')) return value.get(field);
  if (isTagged(value, 'map')) return value.entries.get(`s${field}`)?.[1];
  return undefined;
}

export function select(operand: Step, field: string, test: boolean): Step {
  return run => {
    const value = operand(run);
    if (isError(value)) return value;
    if (!test) charge(run, 1);
    if (isTagged(value, 'optional')) {
      const found = value.value === undefined ? undefined : member(value.value, field);
      return test ? found !== undefined : optional(found);
    }
    const found = member(value, field);
    if (test) return found !== undefined;
    return found === undefined ? failure(`no such key: ${field}`) : found;
  };
}

export function optionalSelect(operand: Step, field: string): Step {
  return run => {
    const value = operand(run);
    if (isError(value)) return value;
    charge(run, 1);
    const inner = isTagged(value, 'optional') ? value.value : value;
    return optional(inner === undefined ? undefined : member(inner, field));
  };
}

export function index(operand: Step, key: Step, asOptional: boolean): Step {
  return run => {
    const value = operand(run);
    if (isError(value)) return value;
    const at = key(run);
    if (isError(at)) return at;
    charge(run, 1);
    if (isTagged(value, 'optional')) {
      if (value.value === undefined) return value;
      const found = lookUp(value.value, at);
      return optional(isError(found) ? undefined : found);
    }
    const found = lookUp(value, at);
    return asOptional ? optional(isError(found) ? undefined : found) : found;
  };
}

function lookUp(value: Value, key: Value): Value {
  if (isTagged(value, 'list')) {
    const position =
      typeof key === 'number' ? key : typeof key === 'bigint' ? Number(key) : isTagged(key, 'uint') ? Number(key.value) : Number.NaN;
    if (!Number.isInteger(position)) return failure(`unsupported index type '${typeName(key)}' in list`);
    return value.items[position] ?? (position >= 0 && position < value.items.length ? null : failure(`index out of bounds: ${position}`));
  }
  const text = mapKey(key);
  if (text === undefined) return failure(`invalid qualifier type: ${goTypeName(key)}`);
  const found = isTagged(value, 'map')
    ? value.entries.get(text)
    : isTagged(value, 'object') && typeof key === 'string'
      ? ([key, value.get(key)] as const)
      : undefined;
  if (found === undefined || found[1] === undefined) return failure(`no such key: ${keyText(key)}`);
  return found[1];
}

const keyText = (key: Value): string => (isTagged(key, 'uint') ? String(key.value) : String(key));

export function listLiteral(elements: readonly Step[], optionals: ReadonlySet<number>): Step {
  return run => {
    const items: Value[] = [];
    for (const [position, element] of elements.entries()) {
      const value = element(run);
      if (isError(value)) return value;
      if (!optionals.has(position)) items.push(value);
      else if (isTagged(value, 'optional') && value.value !== undefined) items.push(value.value);
    }
    charge(run, LIST_COST);
    return list(items);
  };
}

export function mapLiteral(entries: readonly {key: Step; value: Step; optional: boolean}[]): Step {
  return run => {
    const result = new Map<string, readonly [Value, Value]>();
    for (const {key: keyStep, value: valueStep, optional: mayLack} of entries) {
      const key = keyStep(run);
      if (isError(key)) return key;
      let value = valueStep(run);
      if (isError(value)) return value;
      if (mayLack && isTagged(value, 'optional')) {
        if (value.value === undefined) continue;
        value = value.value;
      }
      // The last of several equal keys counts; keys that nothing equals are entries of their own.
      result.set(mapKey(key) ?? `?${result.size}`, [key, value]);
    }
    charge(run, MAP_COST);
    return {kind: 'map', entries: result} satisfies CelMap;
  };
}

/** Is the value in the list, or a key of the map? */
export function contains(value: Value, range: Value): Value {
  if (isTagged(range, 'list')) return range.items.some(item => equal(item, value));
  const text = mapKey(value);
  if (isTagged(range, 'map')) return text !== undefined && range.entries.has(text);
  if (isTagged(range, 'object')) return typeof value === 'string' && range.get(value) !== undefined;
  return failure('no such overload');
}
