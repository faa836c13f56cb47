import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, invalid, notSupported, required} from '../../api/field.ts';
import type {Json} from '../../api/json.ts';
import {sortedMap} from '../../api/json.ts';
import type {DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy, RollingUpdateDaemonSet} from '../../api/kinds.generated.ts';
import type {KubeObject, ObjectMeta} from '../../api/object.ts';
import {defaultPodTemplate, podTemplateWarnings, validatePodTemplate} from '../core/pod/template.ts';
import {countOrPercentUpTo100, countOrPercentValue} from '../percent.ts';
import type {Strategy} from '../resource.ts';
import {collect, immutable, nonNegative, semanticEqual, validateLabelSelector} from '../rules.ts';
import {podNameWarnings} from './warnings.ts';
import {collisionCountRises, isEmptySelector, nonNegativeFields, restartsAlways, selectsTemplate} from './workload.ts';

type Set = DaemonSet & {spec: DaemonSetSpec};

/** Upstream: pkg/apis/apps/v1/defaults.go, pkg/apis/apps/validation, pkg/registry/apps/daemonset. */
export const daemonSet: Strategy = {
  defaults(object) {
    setDefaults(object as Set);
    // Who writes one without it says 0.
    if (object.metadata.annotations?.[TEMPLATE_GENERATION] === undefined) setTemplateGeneration(object, 0);
  },
  prepareForCreate: object => setTemplateGeneration(object, 1),
  prepareForUpdate: (object, old) => setTemplateGeneration(object, templateGeneration(old) + (templateChanged(object, old) ? 1 : 0)),
  metadataOnUpdate: 'update',
  validate: object => validateSpec((object as Set).spec, 'spec'),
  validateUpdate: (object, old) =>
    collect(
      immutable((object as Set).spec.selector, (old as Set).spec.selector, 'spec.selector'),
      validateSpec((object as Set).spec, 'spec', (old as Set).spec),
    ),
  warnings(object, old) {
    const {template} = (object as Set).spec;
    if (!old) return [...podNameWarnings(object), ...podTemplateWarnings(template, 'spec.template')];
    return object.metadata.generation === old.metadata.generation
      ? []
      : podTemplateWarnings(template, 'spec.template', (old as Set).spec.template);
  },
  subresources: {
    status: {
      prepareForUpdate: (object, old) => setTemplateGeneration(object, templateGeneration(old)),
      validateUpdate: (object, old) =>
        collect(
          nonNegativeFields(((object as Set).status ?? {}) as {[field: string]: unknown}, 'status', COUNTERS),
          collisionCountRises(object, old),
        ),
    },
  },
};

const COUNTERS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
];

function setDefaults({spec}: Set): void {
  defaultPodTemplate(spec.template);
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
}

// spec.templateGeneration of extensions/v1beta1 lives on as an annotation.
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const templateGeneration = (object: KubeObject): number =>
  Number.parseInt(object.metadata.annotations?.[TEMPLATE_GENERATION] ?? '', 10) || 0;

function setTemplateGeneration(object: KubeObject, generation: number): void {
  object.metadata.annotations = sortedMap({...object.metadata.annotations, [TEMPLATE_GENERATION]: String(generation)});
}

export function withoutTemplateGeneration({metadata}: KubeObject): ObjectMeta {
  const {annotations, ...others} = metadata;
  const {[TEMPLATE_GENERATION]: _, ...own} = annotations ?? {};
  return Object.keys(own).length > 0 ? {...metadata, annotations: own} : others;
}

const templateChanged = (object: KubeObject, old: KubeObject): boolean =>
  !semanticEqual((object as Set).spec.template, (old as Set).spec.template);

function validateSpec(spec: DaemonSetSpec, path: FieldPath, old?: DaemonSetSpec): FieldError[] {
  const at = child(path, 'selector');
  const template = child(path, 'template');
  const unreadable = validateLabelSelector(spec.selector, at);
  return collect(
    unreadable,
    unreadable.length === 0 && selectsTemplate(spec.selector, spec.template, template),
    spec.selector && isEmptySelector(spec.selector) && invalid(at, spec.selector as Json, 'empty selector is invalid for daemonset'),
    validatePodTemplate(spec.template, template, old?.template),
    restartsAlways(spec.template, template),
    spec.template.spec?.activeDeadlineSeconds !== undefined &&
      forbiddenField(child(template, 'spec', 'activeDeadlineSeconds'), 'activeDeadlineSeconds in DaemonSet is not Supported'),
    nonNegative(spec.minReadySeconds, child(path, 'minReadySeconds')),
    validateUpdateStrategy(spec.updateStrategy ?? {}, child(path, 'updateStrategy')),
    nonNegative(spec.revisionHistoryLimit, child(path, 'revisionHistoryLimit')),
  );
}

function validateUpdateStrategy({type, rollingUpdate}: DaemonSetUpdateStrategy, path: FieldPath): FieldError[] {
  if (type === 'OnDelete') return [];
  const at = child(path, 'rollingUpdate');
  if (type === 'RollingUpdate') return rollingUpdate ? validateRollingUpdate(rollingUpdate, at) : [required(at)];
  const shown = {
    Type: type ?? '',
    RollingUpdate: rollingUpdate ? {MaxUnavailable: rollingUpdate.maxUnavailable ?? 0, MaxSurge: rollingUpdate.maxSurge ?? 0} : null,
  };
  return [notSupported(path, shown, ['RollingUpdate', 'OnDelete'])];
}

function validateRollingUpdate({maxUnavailable, maxSurge}: RollingUpdateDaemonSet, path: FieldPath): FieldError[] {
  const surges = countOrPercentValue(maxSurge) !== 0;
  const unavailable = countOrPercentValue(maxUnavailable) !== 0;
  return collect(
    countOrPercentUpTo100(maxUnavailable, child(path, 'maxUnavailable')),
    countOrPercentUpTo100(maxSurge, child(path, 'maxSurge')),
    surges && unavailable && invalid(child(path, 'maxSurge'), maxSurge, 'may not be set when maxUnavailable is non-zero'),
    !surges && !unavailable && required(child(path, 'maxUnavailable'), 'cannot be 0 when maxSurge is 0'),
  );
}
