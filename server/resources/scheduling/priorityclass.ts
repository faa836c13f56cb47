import type {FieldError} from '../../api/field.ts';
import {forbiddenField} from '../../api/field.ts';
import type {PriorityClass} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';
import type {Strategy} from '../resource.ts';
import {collect, immutableText, requiredOneOf} from '../rules.ts';

const HIGHEST_USER_PRIORITY = 1_000_000_000;

/** The classes that come with every cluster, the only ones whose name may begin with `system-`. */
const SYSTEM_CLASSES: {readonly [name: string]: number} = {'system-node-critical': 2_000_001_000, 'system-cluster-critical': 2_000_000_000};

/** Upstream: pkg/apis/scheduling/v1/defaults.go, pkg/apis/scheduling/validation, pkg/registry/scheduling/priorityclass. */
export const priorityClass: Strategy = {
  defaults(object) {
    (object as PriorityClass).preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate,
  validateUpdate(object, old) {
    const [now, before] = [object as PriorityClass, old as PriorityClass];
    return collect(
      (now.value ?? 0) !== (before.value ?? 0) && forbiddenField('value', 'may not be changed in an update.'),
      immutableText(now.preemptionPolicy, before.preemptionPolicy, 'preemptionPolicy'),
    );
  },
  metadataOnUpdate: 'update',
  generation: 'create',
};

function validate(object: KubeObject): FieldError[] {
  const {metadata, value = 0, globalDefault = false, preemptionPolicy} = object as PriorityClass;
  const name = metadata.name ?? '';
  const system = name.startsWith('system-');
  const known = system && SYSTEM_CLASSES[name] === value && !globalDefault;
  return collect(
    system &&
      !known &&
      forbiddenField(
        'metadata.name',
        "priority class names with 'system-' prefix are reserved for system use only. error: " + systemError(name, value),
      ),
    !system &&
      value > HIGHEST_USER_PRIORITY &&
      forbiddenField('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`),
    requiredOneOf(preemptionPolicy, 'preemptionPolicy', ['PreemptLowerPriority', 'Never']),
  );
}

function systemError(name: string, value: number): string {
  if (!Object.hasOwn(SYSTEM_CLASSES, name)) return `${name} is not a known system priority class`;
  return SYSTEM_CLASSES[name] === value
    ? `globalDefault of ${name} PriorityClass must be false`
    : `value of ${name} PriorityClass must be ${SYSTEM_CLASSES[name]}`;
}
