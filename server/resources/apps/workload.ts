import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, invalid, notSupported, required} from '../../api/field.ts';
import type {Json} from '../../api/json.ts';
import type {LabelSelector, PodTemplateSpec} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';
import {selectsLabels} from '../../api/selectors.ts';
import {validatePodAnnotations} from '../core/pod/annotations.ts';
import {validatePodTemplate} from '../core/pod/template.ts';
import {validateAnnotations} from '../metadata.ts';
import {collect, nonNegative, validateLabelSelector, validateLabels} from '../rules.ts';

/** Where rules of the workload kinds differ in words. */
export interface WorkloadRules {
  /** As it appears in `empty selector is invalid for …`. */
  readonly selectorOf: string;
  /** Detail of the error for a selector that cannot be read. */
  readonly badSelector: string;
  /** As it appears in `activeDeadlineSeconds in … is not Supported`. */
  readonly deadlineOf: string;
  /** Labels and annotations of the template are checked a second time. */
  readonly metadataTwice?: boolean;
}

/** `spec.selector` and `spec.template` of ReplicaSet, Deployment and StatefulSet (pkg/apis/apps/validation). */
export function validateSelectorAndTemplate(
  selector: LabelSelector | null | undefined,
  template: PodTemplateSpec,
  path: FieldPath,
  rules: WorkloadRules,
  old?: PodTemplateSpec,
): FieldError[] {
  const at = child(path, 'selector');
  const unreadable = selector ? validateLabelSelector(selector, at) : [required(at)];
  const empty = selector && isEmptySelector(selector);
  return collect(
    unreadable,
    empty && invalid(at, selector as Json, `empty selector is invalid for ${rules.selectorOf}`),
    selector && unreadable.length > 0
      ? invalid(at, selector as Json, rules.badSelector)
      : validateTemplate(selector, template, child(path, 'template'), rules, old),
  );
}

/** The template has to match a selector that is there and asks for something; pods of these kinds run for ever. */
function validateTemplate(
  selector: LabelSelector | null | undefined,
  template: PodTemplateSpec,
  path: FieldPath,
  rules: WorkloadRules,
  old?: PodTemplateSpec,
): FieldError[] {
  return collect(
    !(selector && isEmptySelector(selector)) && selectsTemplate(selector, template, path),
    validatePodTemplate(template, path, old),
    rules.metadataTwice && validateTemplateMetadata(template, path),
    restartsAlways(template, path),
    template.spec?.activeDeadlineSeconds !== undefined &&
      forbiddenField(child(path, 'spec', 'activeDeadlineSeconds'), `activeDeadlineSeconds in ${rules.deadlineOf} is not Supported`),
  );
}

const validateTemplateMetadata = ({metadata, spec}: PodTemplateSpec, path: FieldPath): FieldError[] =>
  collect(
    validateLabels(metadata?.labels, child(path, 'labels')),
    metadata?.annotations && validateAnnotations(metadata.annotations, child(path, 'annotations')),
    metadata?.annotations && validatePodAnnotations(metadata.annotations, spec ?? {containers: []}, child(path, 'annotations'), {}),
  );

/** A missing selector selects nothing. */
export const selectsTemplate = (selector: LabelSelector | null | undefined, template: PodTemplateSpec, path: FieldPath): FieldError[] => {
  const labels = template.metadata?.labels;
  if (selectsLabels(selector ?? undefined, labels)) return [];
  return [invalid(child(path, 'metadata', 'labels'), labels ?? null, '`selector` does not match template `labels`')];
};

export const restartsAlways = (template: PodTemplateSpec, path: FieldPath): FieldError[] => {
  const policy = template.spec?.restartPolicy;
  return policy === 'Always' ? [] : [notSupported(child(path, 'spec', 'restartPolicy'), policy ?? '', ['Always'])];
};

export const isEmptySelector = (selector: LabelSelector): boolean =>
  Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;

/** The counters of a status, none of which may be negative. */
export const nonNegativeFields = (status: {readonly [field: string]: unknown}, path: FieldPath, fields: readonly string[]): FieldError[] =>
  collect(...fields.map(field => nonNegative(status[field] as number | undefined, child(path, field))));

/** Each field may not exceed `limit`; said as `cannot be greater than …`. */
export const atMost = (
  status: {readonly [field: string]: unknown},
  path: FieldPath,
  fields: readonly string[],
  limit: string,
  said: string,
): FieldError[] =>
  fields
    .filter(field => ((status[field] as number | undefined) ?? 0) > ((status[limit] as number | undefined) ?? 0))
    .map(field => invalid(child(path, field), status[field] as number, `cannot be greater than ${said}`));

/** status.collisionCount only ever rises. */
export const collisionCountRises = (object: KubeObject, old: KubeObject): FieldError[] => {
  const count = (each: KubeObject): number | undefined => (each.status as {collisionCount?: number} | undefined)?.collisionCount;
  const [now, before] = [count(object) ?? 0, count(old)];
  return before !== undefined && now < before ? [invalid('status.collisionCount', now, 'cannot be decremented')] : [];
};
