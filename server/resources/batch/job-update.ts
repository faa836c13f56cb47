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
  if (spec.completions === old.completions || spec.completions === spec.parallelism) return [];
  return [invalid(here, spec.completions, `can only be modified in tandem with ${child(path, 'parallelism')}`)];
}

/** A suspended Job that never ran may still be told where its pods shall go and what they need; its template's metadata is its own. */
function validateTemplate(job: WithSpec, old: WithSpec, path: FieldPath): FieldError[] {
  const [template, oldTemplate] = [job.spec.template, old.spec.template];
  const mutable = old.spec.suspend === true && old.status?.startTime === undefined;
  if (!mutable) return semanticEqual(template, oldTemplate) ? [] : [invalid(path, internalPodTemplate(template), IMMUTABLE)];
  return semanticEqual(withoutDirectives(template.spec), withoutDirectives(oldTemplate.spec))
    ? []
    : [invalid(child(path, 'spec'), internalPodSpec(template.spec), IMMUTABLE)];
}

function withoutDirectives(spec: PodSpec | undefined): Partial<PodSpec> {
  const {
    nodeSelector: _nodeSelector,
    affinity: _affinity,
    tolerations: _tolerations,
    schedulingGates: _gates,
    ...rest
  } = spec ?? {containers: []};
  const withoutResources = ({resources: _resources, ...container}: Container): Partial<Container> => container;
  return {
    ...rest,
    containers: rest.containers.map(withoutResources) as Container[],
    ...(rest.initContainers && {initContainers: rest.initContainers.map(withoutResources) as Container[]}),
  };
}
