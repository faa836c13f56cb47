import type {FieldError} from '../../../../server/api/field.ts';
import type {KubeObject} from '../../../../server/api/object.ts';
import type {Strategy, StrategyContext, UpdateStrategy} from '../../../../server/resources/resource.ts';

/** 2026-01-01T00:00:00Z */
const NOW = 1767225600000;

export interface Outcome<T> {
  readonly object: T;
  /** `field: message` of each error. */
  readonly errors: string[];
  readonly warnings: string[];
}

/** A kind's rules, run as the server runs them on copies of the objects. */
export interface Rules<T> {
  create(object: T): Outcome<T>;
  /** What becomes of `before`, which is created first, when `change` has changed a copy; `subresource` as in `status`. */
  update(before: T, change: (object: T) => void, subresource?: string): Outcome<T>;
}

export const told = (errors: readonly FieldError[]): string[] => errors.map(({field, message}) => `${field}: ${message}`);

export function rulesOf<T extends object>(strategy: Strategy): Rules<T> {
  const create = (body: T): Outcome<T> => {
    const warnings: string[] = [];
    const context = contextOf(warnings);
    const object = structuredClone(body) as unknown as KubeObject;
    strategy.defaults?.(object);
    strategy.prepareForCreate?.(object, context);
    const errors = told(strategy.validate?.(object, context) ?? []);
    warnings.push(...(strategy.warnings?.(object, undefined) ?? []));
    strategy.canonicalize?.(object);
    return {object: object as unknown as T, errors, warnings};
  };
  const update = (before: T, change: (object: T) => void, subresource = ''): Outcome<T> => {
    const rules: UpdateStrategy = subresource === '' ? strategy : strategy.subresources![subresource]!;
    const warnings: string[] = [];
    const context = contextOf(warnings);
    const old = deepFreeze(create(before).object as unknown as KubeObject);
    const object = structuredClone(old);
    change(object as unknown as T);
    strategy.defaults?.(object);
    rules.prepareForUpdate?.(object, old, context);
    const errors = told(rules.validateUpdate?.(object, old, context) ?? []);
    warnings.push(...(rules.warnings?.(object, old) ?? []));
    strategy.canonicalize?.(object);
    return {object: object as unknown as T, errors, warnings};
  };
  return {create, update};
}

function contextOf(warnings: string[]): StrategyContext {
  return {
    clock: {now: () => NOW, after: () => ({cancel() {}}), nextDue: () => undefined},
    random: {float: () => 0.5, bytes: (count: number) => new Uint8Array(count)} as unknown as StrategyContext['random'],
    identity: {name: 'admin', groups: []},
    dryRun: false,
    namespaceLabels: () => ({}),
    warn: message => warnings.push(message),
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) deepFreeze(item);
    Object.freeze(value);
  }
  return value;
}
