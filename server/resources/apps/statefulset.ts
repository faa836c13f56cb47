import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, forbiddenField, invalid, notSupported} from '../../api/field.ts';
import type {
  PersistentVolumeClaim,
  PodTemplateSpec,
  StatefulSet,
  StatefulSetPersistentVolumeClaimRetentionPolicy,
  StatefulSetSpec,
  StatefulSetStatus,
  StatefulSetUpdateStrategy,
} from '../../api/kinds.generated.ts';
import {isDNS1123Label, nameIsDNSLabel} from '../../api/names.ts';
import {claimSpecWarnings, validateClaimSpec} from '../core/persistentvolumeclaim-spec.ts';
import {defaultClaimSpec} from '../core/pod/defaults.ts';
import {defaultPodTemplate, podTemplateWarnings} from '../core/pod/template.ts';
import {countOrPercentUpTo100, countOrPercentValue} from '../percent.ts';
import type {Strategy} from '../resource.ts';
import {collect, nonNegative, semanticEqual} from '../rules.ts';
import {atMost, collisionCountRises, nonNegativeFields, validateSelectorAndTemplate} from './workload.ts';

type Set = StatefulSet & {spec: StatefulSetSpec};

/** Upstream: pkg/apis/apps/v1/defaults.go, pkg/apis/apps/validation, pkg/registry/apps/statefulset. */
export const statefulSet: Strategy = {
  defaults: object => setDefaults(object as Set),
  validateName: nameIsDNSLabel,
  prepareForCreate: object => dropMaxUnavailable((object as Set).spec),
  prepareForUpdate: object => dropMaxUnavailable((object as Set).spec),
  metadataOnUpdate: 'update',
  validate(object) {
    const {spec} = object as Set;
    return collect(validateServiceName(spec.serviceName, 'spec.serviceName'), validateSpec(spec, 'spec'), validateClaims(spec, 'spec'));
  },
  validateUpdate(object, old) {
    const [spec, oldSpec] = [(object as Set).spec, (old as Set).spec];
    return collect(
      validateSpec(spec, 'spec', oldSpec),
      !semanticEqual(immutablePart(spec), immutablePart(oldSpec)) && forbiddenField('spec', SPEC_FORBIDDEN),
    );
  },
  warnings(object, old) {
    const {spec} = object as Set;
    const template = (): string[] => [
      ...podTemplateWarnings(spec.template, 'spec.template', (old as Set | undefined)?.spec.template),
      ...(spec.volumeClaimTemplates ?? []).flatMap((claim, i) => claimSpecWarnings(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}]`)),
    ];
    if (!old) return template();
    return object.metadata.generation === old.metadata.generation ? [] : template();
  },
  subresources: {
    status: {
      validateUpdate: (object, old) => collect(validateStatus((object as Set).status!, 'status'), collisionCountRises(object, old)),
    },
  },
};

function setDefaults({spec}: Set): void {
  defaultPodTemplate(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) defaultClaimTemplate(claim);
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  if (!spec.updateStrategy.type) {
    spec.updateStrategy.type = 'RollingUpdate';
    spec.updateStrategy.rollingUpdate ??= {};
  }
  const {type, rollingUpdate} = spec.updateStrategy;
  if (type === 'RollingUpdate' && rollingUpdate) rollingUpdate.partition ??= 0;
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
}

// Behind a feature gate that is off, whatever the schema says.
function dropMaxUnavailable({updateStrategy}: StatefulSetSpec): void {
  delete updateStrategy?.rollingUpdate?.maxUnavailable;
}

// Claim templates are whole objects: they name their kind whatever the request said, and have a status.
function defaultClaimTemplate(claim: PersistentVolumeClaim): void {
  claim.kind = 'PersistentVolumeClaim';
  claim.apiVersion = 'v1';
  claim.spec ??= {};
  defaultClaimSpec(claim.spec);
  claim.status ??= {};
  claim.status.phase ||= 'Pending';
}

const SPEC_FORBIDDEN =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', " +
  "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

const immutablePart = (spec: StatefulSetSpec) => ({
  serviceName: spec.serviceName,
  selector: spec.selector,
  volumeClaimTemplates: spec.volumeClaimTemplates,
  podManagementPolicy: spec.podManagementPolicy,
});

const WORDS = {selectorOf: 'statefulset', badSelector: '', deadlineOf: 'StatefulSet', metadataTwice: true};

function validateSpec(spec: StatefulSetSpec, path: FieldPath, old?: StatefulSetSpec): FieldError[] {
  const management = spec.podManagementPolicy ?? '';
  return collect(
    !['OrderedReady', 'Parallel'].includes(management) &&
      invalid(child(path, 'podManagementPolicy'), management, "must be 'OrderedReady' or 'Parallel'"),
    validateUpdateStrategy(spec.updateStrategy ?? {}, child(path, 'updateStrategy')),
    validateRetention(spec.persistentVolumeClaimRetentionPolicy ?? {}, child(path, 'persistentVolumeClaimRetentionPolicy')),
    nonNegative(spec.replicas, child(path, 'replicas')),
    nonNegative(spec.minReadySeconds, child(path, 'minReadySeconds')),
    nonNegative(spec.ordinals?.start, child(path, 'ordinals', 'start')),
    validateSelectorAndTemplate(spec.selector, podTemplateOf(spec), path, WORDS, old && podTemplateOf(old)),
  );
}

/** The template as its pods will be: each claim is a volume, before all others, and host names are the controller's. */
function podTemplateOf({template, volumeClaimTemplates}: StatefulSetSpec): PodTemplateSpec {
  if (!template.spec) return template;
  const {hostname: _hostname, subdomain: _subdomain, volumes, ...pod} = template.spec;
  const claims = [...new Set((volumeClaimTemplates ?? []).map(({metadata}) => metadata?.name ?? ''))];
  const all = [...claims.map(name => ({name, persistentVolumeClaim: {claimName: name}})), ...(volumes ?? [])];
  return {...template, spec: {...pod, ...(all.length > 0 && {volumes: all})}};
}

function validateUpdateStrategy({type, rollingUpdate}: StatefulSetUpdateStrategy, path: FieldPath): FieldError[] {
  const below = child(path, 'rollingUpdate');
  const shown = rollingUpdate ? {Partition: rollingUpdate.partition ?? 0, MaxUnavailable: rollingUpdate.maxUnavailable ?? null} : null;
  if (type === 'OnDelete') return rollingUpdate ? [invalid(below, shown, "only allowed for updateStrategy 'RollingUpdate'")] : [];
  if (type !== 'RollingUpdate') {
    return [invalid(path, {Type: type ?? '', RollingUpdate: shown}, "must be 'RollingUpdate' or 'OnDelete'")];
  }
  if (!rollingUpdate) return [];
  const {partition, maxUnavailable} = rollingUpdate;
  return collect(
    nonNegative(partition, child(below, 'partition')),
    maxUnavailable !== undefined && countOrPercentUpTo100(maxUnavailable, child(below, 'maxUnavailable')),
    maxUnavailable !== undefined &&
      countOrPercentValue(maxUnavailable) === 0 &&
      invalid(child(below, 'maxUnavailable'), maxUnavailable, 'cannot be 0'),
  );
}

function validateRetention(policy: StatefulSetPersistentVolumeClaimRetentionPolicy, path: FieldPath): FieldError[] {
  const known = ['Retain', 'Delete'];
  return (['whenScaled', 'whenDeleted'] as const)
    .filter(when => !known.includes(policy[when] ?? ''))
    .map(when => notSupported(child(path, when), policy[when] ?? '', known));
}

const validateServiceName = (name: string | undefined, path: FieldPath): FieldError[] =>
  name ? isDNS1123Label(name).map(message => invalid(path, name, message)) : [];

const validateClaims = (spec: StatefulSetSpec, path: FieldPath): FieldError[] =>
  (spec.volumeClaimTemplates ?? []).flatMap((claim, i) =>
    validateClaimSpec(claim.spec ?? {}, child(at(child(path, 'volumeClaimTemplates'), i), 'spec')),
  );

const REPLICAS = ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'];

const validateStatus = (status: StatefulSetStatus, path: FieldPath): FieldError[] =>
  collect(
    nonNegativeFields(status, path, [...REPLICAS, 'observedGeneration', 'collisionCount']),
    atMost(status, path, REPLICAS.slice(1), 'replicas', 'status.replicas'),
    atMost(status, path, ['availableReplicas'], 'readyReplicas', 'status.readyReplicas'),
  );
