import type {FieldError, FieldPath} from '../../../api/field.ts';
import {at, child, duplicate, forbiddenField, invalid, notSupported, required} from '../../../api/field.ts';
import type {
  Affinity,
  NodeAffinity,
  PodAffinity,
  PodAffinityTerm,
  PodSchedulingGate,
  Toleration,
  TopologySpreadConstraint,
} from '../../../api/kinds.generated.ts';
import {isDNS1123Label, isLabelValue, isQualifiedName} from '../../../api/names.ts';
import type {LabelSelector} from '../../../api/selectors.ts';
import {collect, each, named, positive, validateLabelName, validateLabelSelector} from '../../rules.ts';
import {validateNodeSelector, validateNodeSelectorTerm} from '../node-selector.ts';
import type {PodOptions} from './options.ts';

export const validateAffinity = (affinity: Affinity | undefined, path: FieldPath, options: PodOptions): FieldError[] =>
  affinity
    ? collect(
        affinity.nodeAffinity && validateNodeAffinity(affinity.nodeAffinity, child(path, 'nodeAffinity'), options),
        affinity.podAffinity && validatePodAffinity(affinity.podAffinity, child(path, 'podAffinity'), options),
        affinity.podAntiAffinity && validatePodAffinity(affinity.podAntiAffinity, child(path, 'podAntiAffinity'), options),
      )
    : [];

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

const validateNodeAffinity = (affinity: NodeAffinity, path: FieldPath, options: PodOptions): FieldError[] =>
  collect(
    affinity[REQUIRED] && validateNodeSelector(affinity[REQUIRED], child(path, REQUIRED), options.allowInvalidNodeAffinityValues),
    each(affinity[PREFERRED], child(path, PREFERRED), ({weight = 0, preference = {}}, where) =>
      collect(validateWeight(weight, where), validateNodeSelectorTerm(preference, child(where, 'preference'), true)),
    ),
  );

const validateWeight = (weight: number, path: FieldPath): FieldError | false =>
  (weight <= 0 || weight > 100) && invalid(child(path, 'weight'), weight, 'must be in the range 1-100');

const validatePodAffinity = (affinity: PodAffinity, path: FieldPath, options: PodOptions): FieldError[] =>
  collect(
    each(affinity[REQUIRED], child(path, REQUIRED), (term, where) => validateAffinityTerm(term, where, options)),
    each(affinity[PREFERRED], child(path, PREFERRED), ({weight = 0, podAffinityTerm}, where) =>
      collect(
        validateWeight(weight, where),
        validateAffinityTerm(podAffinityTerm ?? {topologyKey: ''}, child(where, 'podAffinityTerm'), options),
      ),
    ),
  );

function validateAffinityTerm(term: PodAffinityTerm, path: FieldPath, options: PodOptions): FieldError[] {
  const {labelSelector, namespaceSelector, namespaces = [], topologyKey, matchLabelKeys, mismatchLabelKeys} = term;
  const lenient = {allowInvalidValues: options.allowInvalidSelectorValues ?? false};
  return collect(
    validateLabelSelector(labelSelector, child(path, 'labelSelector'), lenient),
    validateLabelSelector(namespaceSelector, child(path, 'namespaceSelector'), lenient),
    ...namespaces.map(name => named(name, child(path, 'namespace'), isDNS1123Label)),
    validateMatchKeys(matchLabelKeys, mismatchLabelKeys, labelSelector, path),
    !topologyKey && required(child(path, 'topologyKey'), 'can not be empty'),
    validateLabelName(topologyKey ?? '', child(path, 'topologyKey')),
  );
}

/** Keys whose values come from the pod itself. A clash with the selector is told at `path[i]`, as upstream does. */
function validateMatchKeys(
  matchKeys: readonly string[] = [],
  mismatchKeys: readonly string[] = [],
  selector: LabelSelector | undefined,
  path: FieldPath,
): FieldError[] {
  const keysOf = (keys: readonly string[], where: FieldPath): FieldError[] => {
    if (keys.length === 0) return [];
    if (!selector) return [forbiddenField(where, 'must not be specified when labelSelector is not set')];
    return each(keys, where, validateLabelName);
  };
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}));
  return collect(
    keysOf(matchKeys, child(path, 'matchLabelKeys')),
    keysOf(mismatchKeys, child(path, 'mismatchLabelKeys')),
    ...(selector?.matchExpressions ?? []).map(({key}) => {
      const clash = seen.has(key) && matchKeys.includes(key);
      seen.add(key);
      return clash && invalid(at(path, matchKeys.lastIndexOf(key)), key, 'exists in both matchLabelKeys and labelSelector');
    }),
    ...matchKeys.map(
      (key, i) =>
        mismatchKeys.includes(key) &&
        invalid(at(child(path, 'matchLabelKeys'), i), key, 'exists in both matchLabelKeys and mismatchLabelKeys'),
    ),
  );
}

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const NODE_POLICIES = ['Honor', 'Ignore'];

export const validateTopologySpread = (
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: FieldPath,
  options: PodOptions,
): FieldError[] =>
  each(constraints, path, (constraint, where, i) => {
    const {maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains, labelSelector, matchLabelKeys} = constraint;
    const repeated = constraints!
      .slice(i + 1)
      .some(other => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    return collect(
      positive(maxSkew, child(where, 'maxSkew')),
      !topologyKey && required(child(where, 'topologyKey'), 'can not be empty'),
      !ACTIONS.includes(whenUnsatisfiable) && notSupported(child(where, 'whenUnsatisfiable'), whenUnsatisfiable, ACTIONS),
      repeated && duplicate(child(where, '{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${whenUnsatisfiable}}`),
      validateMinDomains(minDomains, whenUnsatisfiable, child(where, 'minDomains')),
      ...(['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const).map(field => {
        const policy = constraint[field];
        return policy !== undefined && !NODE_POLICIES.includes(policy) && notSupported(child(where, field), policy, NODE_POLICIES);
      }),
      validateMatchKeys(matchLabelKeys, [], labelSelector, where),
      !options.allowInvalidSpreadSelector && validateLabelSelector(labelSelector, child(where, 'labelSelector')),
    );
  });

const validateMinDomains = (minDomains: number | undefined, action: string, path: FieldPath): FieldError[] =>
  minDomains === undefined
    ? []
    : collect(
        positive(minDomains, path),
        action !== 'DoNotSchedule' &&
          invalid(path, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`),
      );

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** The effect of a taint or toleration. */
export const validateTaintEffect = (effect: string, path: FieldPath): FieldError | false =>
  !EFFECTS.includes(effect) && notSupported(path, effect, EFFECTS);

export const validateTolerations = (tolerations: readonly Toleration[] | undefined, path: FieldPath): FieldError[] =>
  each(tolerations, path, (toleration, where) => {
    const {key = '', operator = '', value = '', effect = '', tolerationSeconds} = toleration;
    const operatorPath = child(where, 'operator');
    return collect(
      key && validateLabelName(key, child(where, 'key')),
      !key &&
        operator !== 'Exists' &&
        invalid(operatorPath, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'),
      tolerationSeconds !== undefined &&
        effect !== 'NoExecute' &&
        invalid(child(where, 'effect'), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"),
      validateTolerationValue(operator, value, operatorPath),
      effect && validateTaintEffect(effect, child(where, 'effect')),
    );
  });

function validateTolerationValue(operator: string, value: string, path: FieldPath): FieldError | false {
  switch (operator) {
    case '':
    case 'Equal': {
      const bad = isLabelValue(value);
      return bad.length > 0 && invalid(path, value, bad.join(';'));
    }
    case 'Exists':
      return value !== '' && invalid(path, value, "value must be empty when `operator` is 'Exists'");
    case 'Lt':
    case 'Gt':
      return notSupported(path, operator, ['Equal', 'Exists', 'Lt', 'Gt']);
    default:
      return notSupported(path, operator, ['Equal', 'Exists']);
  }
}

/** Old tolerations stay but for their seconds; new ones may join. */
export function validateOnlyAddedTolerations(
  tolerations: readonly Toleration[] = [],
  old: readonly Toleration[] = [],
  path: FieldPath,
): FieldError[] {
  const same = (a: Toleration, b: Toleration) =>
    (['key', 'operator', 'value', 'effect'] as const).every(field => (a[field] ?? '') === (b[field] ?? ''));
  if (old.some(before => !tolerations.some(toleration => same(before, toleration))))
    return [forbiddenField(path, 'existing toleration can not be modified except its tolerationSeconds')];
  return validateTolerations(tolerations, path);
}

export const validateSchedulingGates = (gates: readonly PodSchedulingGate[] | undefined, path: FieldPath): FieldError[] => {
  const seen = new Set<string>();
  return each(gates, path, ({name = ''}, where) => {
    const repeated = seen.has(name);
    seen.add(name);
    return collect(named(name, where, isQualifiedName), repeated && duplicate(where, name));
  });
};

/** Gates only ever go. */
export const validateOnlyDeletedGates = (
  gates: readonly PodSchedulingGate[] = [],
  old: readonly PodSchedulingGate[] = [],
  path: FieldPath,
): FieldError[] =>
  each(gates, path, ({name}, where) => {
    if (old.some(gate => gate.name === name)) return false;
    return forbiddenField(child(where, 'name'), `only deletion is allowed, but found new scheduling gate '${name ?? ''}'`);
  });
