import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid} from '../../api/field.ts';
import type {Json} from '../../api/json.ts';
import type {Container, Job, JobSpec, PodSpec} from '../../api/kinds.generated.ts';
import {internalPodSpec, internalPodTemplate} from '../core/internal-pod.ts';
import {collect, IMMUTABLE, immutable, semanticEqual} from '../rules.ts';
import {validateFullJobSpec} from './job-spec.ts';
import {showPodFailurePolicy} from './pod-failure-policy.ts';
import {showSuccessPolicy} from './success-policy.ts';

type WithSpec = Job & {spec: JobSpec};

/** Upstream: ValidateJobSpecUpdate. */
export function validateJobSpecUpdate(job: WithSpec, old: WithSpec, path: FieldPath): FieldError[] {
  const [spec, oldSpec] = [job.spec, old.spec];
  const fixed = (name: keyof JobSpec): FieldError[] =>
    immutable(spec[name] as Json | undefined, oldSpec[name] as Json | undefined, child(path, name));
  return collect(
    validateFullJobSpec(spec, path, oldSpec),
    validateCompletions(spec, oldSpec, path),
    fixed('selector'),
    validateTemplate(job, old, child(path, 'template')),
    fixed('completionMode'),
    !semanticEqual(spec.podFailurePolicy, oldSpec.podFailurePolicy) &&
      invalid(child(path, 'podFailurePolicy'), showPodFailurePolicy(spec.podFailurePolicy), IMMUTABLE),
    fixed('backoffLimitPerIndex'),
    fixed('managedBy'),
    !semanticEqual(spec.successPolicy, oldSpec.successPolicy) &&
      invalid(child(path, 'successPolicy'), showSuccessPolicy(spec.successPolicy), IMMUTABLE),
  );
}

/** An Indexed Job can be scaled, and then as many pods run at once as there are indexes. */
function validateCompletions(spec: JobSpec, old: JobSpec, path: FieldPath): FieldError[] {
  const here = child(path, 'completions');
  if (spec.completionMode !== 'Indexed') return immutable(spec.completions, old.completions, here);
  // That there are none is told elsewhere.
  if (spec.completions === undefined || spec.completions === old.completions || spec.completions === spec.parallelism) return [];
  return [invalid(here, spec.completions, `can only be modified in tandem with ${child(path, 'parallelism')}`)];
}

/** A suspended Job without pods may still be told where its pods shall go and what they need; its template's metadata is its own. */
function validateTemplate(job: WithSpec, old: WithSpec, path: FieldPath): FieldError[] {
  const [template, oldTemplate] = [job.spec.template, old.spec.template];
  if (!isAtRest(old)) return semanticEqual(template, oldTemplate) ? [] : [invalid(path, internalPodTemplate(template), IMMUTABLE)];
  return semanticEqual(template.spec, withDirectivesOf(oldTemplate.spec, template.spec))
    ? []
    : [invalid(child(path, 'spec'), internalPodSpec(template.spec), IMMUTABLE)];
}

/** Suspended, with nothing running: never started, or known to have stopped. */
const isAtRest = ({spec, status = {}}: WithSpec): boolean =>
  spec.suspend === true &&
  !status.active &&
  (status.startTime === undefined || (status.conditions ?? []).some(({type, status}) => type === 'Suspended' && status === 'True'));

/** The old spec with all that may change as the new one has it. */
function withDirectivesOf(old: PodSpec | undefined, {nodeSelector, tolerations, schedulingGates, ...spec}: PodSpec = NO_SPEC): PodSpec {
  const {nodeAffinity: _, ...others} = old?.affinity ?? {};
  const affinity = spec.affinity ? {...others, nodeAffinity: spec.affinity.nodeAffinity} : Object.keys(others).length > 0 && others;
  return {
    ...(old ?? NO_SPEC),
    nodeSelector,
    tolerations,
    schedulingGates,
    affinity: affinity || undefined,
    containers: withResourcesOf(old?.containers, spec.containers) ?? [],
    initContainers: withResourcesOf(old?.initContainers, spec.initContainers),
  } as PodSpec;
}

const NO_SPEC: PodSpec = {containers: []};

/** Containers are told by their place; where one is missing, none is changed. */
function withResourcesOf(old: readonly Container[] | undefined, now: readonly Container[] = []): Container[] | undefined {
  if (old?.length !== now.length) return old && [...old];
  return old.map((container, i) =>
    now[i]!.name === container.name ? ({...container, resources: now[i]!.resources} as Container) : container,
  );
}
