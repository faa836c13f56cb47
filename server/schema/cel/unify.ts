import type {CelType} from './types.ts';
import {DYN, isDyn, isDynOrError, sameType} from './types.ts';

/** What type parameters stand for, by their names. */
export type Substitutions = Map<string, CelType>;

/** Is `from` assignable to `to`? Returns the substitutions with which it is (cel-go checker/types.go). */
export function assign(known: Substitutions, from: readonly CelType[], to: readonly CelType[]): Substitutions | undefined {
  const copy = new Map(known);
  return assignableLists(copy, from, to) ? copy : undefined;
}

/** Replaces bound type parameters; unbound ones by dyn if so wanted. */
export function substitute(known: Substitutions, type: CelType, toDyn: boolean): CelType {
  if (type.kind === 'param') {
    const bound = known.get(type.name);
    if (bound) return substitute(known, bound, toDyn);
    return toDyn ? DYN : type;
  }
  if (type.params.length === 0) return type;
  return {...type, params: type.params.map(part => substitute(known, part, toDyn))};
}

/** The more general of two types that are known to agree. */
export const mostGeneral = (a: CelType, b: CelType): CelType => (isLessSpecific(a, b) ? a : b);

function assignableLists(known: Substitutions, from: readonly CelType[], to: readonly CelType[]): boolean {
  return from.length === to.length && from.every((type, index) => assignable(known, type, to[index]!));
}

function assignable(known: Substitutions, a: CelType, b: CelType): boolean {
  if (b.kind === 'param') {
    const {valid, bound} = bind(known, a, b);
    if (valid) return true;
    if (bound) return false;
  }
  if (a.kind === 'param') return bind(known, b, a).valid;
  if (isDynOrError(a) || isDynOrError(b)) return true;
  if (a.kind === 'null') return isNullable(b);
  if (b.kind === 'null') return isNullable(a);
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'type':
      return true;
    case 'opaque':
    case 'list':
    case 'map':
      return a.name === b.name && assignableLists(known, a.params, b.params);
    default:
      return a.name === b.name;
  }
}

const isNullable = ({kind}: CelType): boolean => ['null', 'opaque', 'object', 'duration', 'timestamp'].includes(kind);

function bind(known: Substitutions, type: CelType, parameter: CelType): {valid: boolean; bound: boolean} {
  if (sameType(type, parameter)) return {valid: true, bound: true};
  const present = known.get(parameter.name);
  if (present) {
    if (sameType(type, present)) return {valid: true, bound: true};
    if (!assignable(known, type, present)) return {valid: false, bound: true};
    const general = mostGeneral(type, present);
    if (isAbsentFrom(known, parameter, general)) known.set(parameter.name, general);
    return {valid: true, bound: true};
  }
  if (!isAbsentFrom(known, parameter, type)) return {valid: false, bound: false};
  known.set(parameter.name, type);
  return {valid: true, bound: false};
}

/** The occurs check. */
function isAbsentFrom(known: Substitutions, parameter: CelType, within: CelType): boolean {
  if (sameType(parameter, within)) return false;
  if (within.kind === 'param') {
    const bound = known.get(within.name);
    return bound === undefined || isAbsentFrom(known, parameter, bound);
  }
  return within.params.every(part => isAbsentFrom(known, parameter, part));
}

function isLessSpecific(a: CelType, b: CelType): boolean {
  if (isDyn(a) || a.kind === 'param') return true;
  if (isDyn(b) || b.kind === 'param') return false;
  if (a.kind !== b.kind) return false;
  if (a.kind === 'type') return true;
  return (
    a.name === b.name && a.params.length === b.params.length && a.params.every((part, index) => isLessSpecific(part, b.params[index]!))
  );
}
