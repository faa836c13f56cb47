import type {Job, Pod, PodFailurePolicyRule} from '../server/api/kinds.generated.ts';
import {parseIndexes} from './job-indexes.ts';
import {podCondition} from './support/pods.ts';

export interface FailureMatch {
  action: string;
  /** Says which rule matched, for FailJob. */
  message: string;
}

/** The first rule of the pod failure policy that the failed pod matches (pkg/controller/job/pod_failure_policy.go). */
export function matchFailurePolicy({spec}: Job, pod: Pod): FailureMatch | undefined {
  for (const [index, rule] of (spec?.podFailurePolicy?.rules ?? []).entries()) {
    const what = matchExitCodes(rule, pod) ?? matchConditions(rule, pod);
    if (what) return {action: rule.action, message: `${what} matching ${rule.action} rule at index ${index}`};
  }
  return undefined;
}

function matchExitCodes({onExitCodes}: PodFailurePolicyRule, {metadata, status}: Pod): string | undefined {
  if (!onExitCodes) return undefined;
  const {containerName, operator, values} = onExitCodes;
  for (const container of [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]) {
    const code = container.state?.terminated?.exitCode;
    if (code === undefined || code === 0 || (containerName && containerName !== container.name)) continue;
    if (values.includes(code) !== (operator === 'In')) continue;
    return `Container ${container.name} for pod ${metadata.namespace}/${metadata.name} failed with exit code ${code}`;
  }
  return undefined;
}

function matchConditions({onPodConditions = []}: PodFailurePolicyRule, pod: Pod): string | undefined {
  const {namespace, name} = pod.metadata;
  for (const {type, status = 'True'} of onPodConditions) {
    if (podCondition(pod, type)?.status === status) return `Pod ${namespace}/${name} has condition ${type}`;
  }
  return undefined;
}

/** Which rule of the success policy these indexes fulfil, as a message; undefined: none. */
export function matchSuccessPolicy({spec}: Job, succeeded: ReadonlySet<number>): string | undefined {
  for (const [index, {succeededIndexes, succeededCount}] of (spec?.successPolicy?.rules ?? []).entries()) {
    const wanted = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes, spec!.completions!);
    const matched = wanted ? [...wanted].filter(each => succeeded.has(each)).length : succeeded.size;
    if (matched >= (succeededCount ?? wanted?.size ?? Number.POSITIVE_INFINITY)) return `Matched rules at index ${index}`;
  }
  return undefined;
}
