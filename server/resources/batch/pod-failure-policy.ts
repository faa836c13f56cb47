import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, duplicate, invalid, invalidOmitted, notSupported, required, tooMany} from '../../api/field.ts';
import type {Json} from '../../api/json.ts';
import type {
  JobSpec,
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
} from '../../api/kinds.generated.ts';
import {isQualifiedName} from '../../api/names.ts';
import {internal, listOf, pointer, struct} from '../internal.ts';
import {collect} from '../rules.ts';

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];
const MAX_RULES = 20;
const MAX_PATTERNS = 20;
const MAX_EXIT_CODES = 255;

/** `valid values: ["a" "b"]`, a list as Go prints it. */
const validValues = (values: readonly string[]): string => `valid values: [${values.map(value => JSON.stringify(value)).join(' ')}]`;

const oneOf = (value: string | undefined, supported: readonly string[], path: FieldPath): FieldError[] => {
  if (!value) return [required(path, validValues(supported))];
  return supported.includes(value) ? [] : [notSupported(path, value, supported)];
};

/** Upstream: validatePodFailurePolicy. */
export function validatePodFailurePolicy(spec: JobSpec, policy: PodFailurePolicy, path: FieldPath): FieldError[] {
  const rules = policy.rules ?? [];
  const pod = spec.template.spec;
  const containers = new Set([...(pod?.initContainers ?? []), ...(pod?.containers ?? [])].map(({name}) => name));
  const ofRules = child(path, 'rules');
  return collect(
    rules.length > MAX_RULES && tooMany(ofRules, rules.length, MAX_RULES),
    ...rules.map((rule, i) => validateRule(spec, rule, at(ofRules, i), containers)),
  );
}

function validateRule(spec: JobSpec, rule: PodFailurePolicyRule, path: FieldPath, containers: ReadonlySet<string>): FieldError[] {
  const patterns = rule.onPodConditions ?? [];
  const needsLimit = rule.action === 'FailIndex' && spec.backoffLimitPerIndex === undefined;
  const action = child(path, 'action');
  return collect(
    needsLimit ? invalid(action, rule.action, 'requires the backoffLimitPerIndex to be set') : oneOf(rule.action, ACTIONS, action),
    rule.onExitCodes && validateExitCodes(rule.onExitCodes, child(path, 'onExitCodes'), containers),
    patterns.length > 0 && validatePatterns(patterns, child(path, 'onPodConditions')),
    rule.onExitCodes && patterns.length > 0 && invalidOmitted(path, 'specifying both OnExitCodes and OnPodConditions is not supported'),
    !rule.onExitCodes && patterns.length === 0 && invalidOmitted(path, 'specifying one of OnExitCodes and OnPodConditions is required'),
  );
}

const validatePatterns = (patterns: readonly PodFailurePolicyOnPodConditionsPattern[], path: FieldPath): FieldError[] =>
  collect(
    patterns.length > MAX_PATTERNS && tooMany(path, patterns.length, MAX_PATTERNS),
    ...patterns.map((pattern, i) =>
      collect(
        ...isQualifiedName(pattern.type).map(message => invalid(child(at(path, i), 'type'), pattern.type, message)),
        oneOf(pattern.status, STATUSES, child(at(path, i), 'status')),
      ),
    ),
  );

function validateExitCodes(
  {operator, containerName, values}: PodFailurePolicyOnExitCodesRequirement,
  path: FieldPath,
  containers: ReadonlySet<string>,
): FieldError[] {
  const codes = values ?? [];
  const ofValues = child(path, 'values');
  const unordered = codes.some((code, i) => i > 0 && codes[i - 1]! > code);
  return collect(
    oneOf(operator, OPERATORS, child(path, 'operator')),
    containerName !== undefined &&
      !containers.has(containerName) &&
      invalid(child(path, 'containerName'), containerName, 'must be one of the container or initContainer names in the pod template'),
    codes.length === 0 && invalid(ofValues, values, 'at least one value is required'),
    codes.length > MAX_EXIT_CODES && tooMany(ofValues, codes.length, MAX_EXIT_CODES),
    ...codes.map((code, i) =>
      collect(
        operator === 'In' && code === 0 && invalid(at(ofValues, i), code, 'must not be 0 for the In operator'),
        codes.indexOf(code) < i && duplicate(at(ofValues, i), code),
      ),
    ),
    unordered && invalid(ofValues, codes, 'must be ordered'),
  );
}

/** As messages show it. */
export const showPodFailurePolicy = (policy: PodFailurePolicy | undefined): Json => internal(policy, pointer(SHOWN));

const SHOWN = struct({
  rules: listOf(
    struct({
      action: '',
      onExitCodes: pointer(struct({containerName: null, operator: '', values: null})),
      onPodConditions: listOf(struct({type: '', status: ''})),
    }),
  ),
});
