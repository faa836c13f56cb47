import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, duplicate, forbiddenField, invalid, notSupported, required} from '../../api/field.ts';
import {familyOfCIDR, validateLegacyCIDR, warningsForCIDR} from '../../api/ip.ts';
import type {Json} from '../../api/json.ts';
import type {Node, NodeSpec, Taint} from '../../api/kinds.generated.ts';
import {isLabelValue, longerThan} from '../../api/names.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, positive, validateLabelName} from '../rules.ts';
import {readJson} from './json-text.ts';
import {roundResources} from './pod/defaults.ts';
import {validateResourceQuantity} from './resource-names.ts';

/** Upstream: pkg/apis/core/v1/{defaults,conversion}.go, pkg/apis/core/validation ValidateNode, pkg/registry/core/node. */
export const node: Strategy = {
  generation: 'none',
  // Who creates a node says its status as well.
  isolateStatus: false,
  defaults: object => setDefaults(object as Node),
  prepareForCreate(object) {
    delete (object as Node).spec?.configSource;
    delete (object as Node).status?.config;
  },
  prepareForUpdate(object, old) {
    if (old.status === undefined) delete object.status;
    else object.status = old.status;
    if (!(old as Node).spec?.configSource) delete (object as Node).spec?.configSource;
  },
  validate: object => validateNode(object as Node),
  validateUpdate: (object, old) => collect(validateNode(object as Node), validateNodeUpdate(object as Node, old as Node)),
  warnings: object => specWarnings((object as Node).spec ?? {}),
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        if (!(old as Node).status?.config) delete (object as Node).status?.config;
      },
      validateUpdate: (object, old) => validateNodeUpdate(object as Node, old as Node),
    },
  },
  fields: object => ({'spec.unschedulable': String((object as Node).spec?.unschedulable ?? false)}),
  unknownField: label => `field label not supported: ${label}`,
};

function setDefaults({spec, status}: Node): void {
  roundResources(status?.capacity);
  roundResources(status?.allocatable);
  if (status?.capacity && !status.allocatable) status.allocatable = {...status.capacity};
  if (!spec) return;
  // podCIDR is the first of podCIDRs; where they differ, podCIDR is believed.
  if (spec.podCIDR && spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
  if (spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
}

const TAINTS = 'scheduler.alpha.kubernetes.io/taints';
const AVOID_PODS = 'scheduler.alpha.kubernetes.io/preferAvoidPods';

/** Annotations of old that say what a node keeps away. */
function validateAnnotations(annotations: {readonly [key: string]: string} | undefined, path: FieldPath): FieldError[] {
  if (!annotations) return [];
  return collect(
    annotations[TAINTS] && validateTaintsText(annotations[TAINTS], path),
    annotations[AVOID_PODS] && validateAvoidPodsText(annotations[AVOID_PODS], path),
  );
}

function validateTaintsText(text: string, path: FieldPath): FieldError[] {
  const reading = readJson<Taint[]>(text, 'array', '[]core.Taint');
  return 'error' in reading ? [invalid(path, TAINTS, reading.error)] : validateTaints(reading.value ?? [], child(path, TAINTS));
}

type AvoidPods = {preferAvoidPods?: {podSignature?: {podController?: {controller?: boolean}}}[]};

function validateAvoidPodsText(text: string, path: FieldPath): FieldError[] {
  const reading = readJson<AvoidPods>(text, 'object', 'v1.AvoidPods');
  if ('error' in reading) return [invalid(child(path, 'AvoidPods'), AVOID_PODS, reading.error)];
  return each(reading.value?.preferAvoidPods, child(path, AVOID_PODS), ({podSignature}, where) => {
    const owner = podSignature?.podController;
    const signature = child(where, 'PodSignature');
    if (!owner) return required(signature);
    return !owner.controller && invalid(child(signature, 'PodController', 'Controller'), false, 'must point to a controller');
  });
}

function validateNode({metadata, spec = {}, status = {}}: Node): FieldError[] {
  const capacity = (status.nodeInfo as {swap?: {capacity?: number}} | undefined)?.swap?.capacity;
  return collect(
    validateAnnotations(metadata.annotations, 'metadata.annotations'),
    // Upstream tells these two below metadata.
    validateTaints(spec.taints, 'metadata.taints'),
    validateResources({status}),
    positive(capacity, 'metadata.nodeSwapStatus.capacity'),
    validateFeatures(status.declaredFeatures, 'status.declaredFeatures'),
    validatePodCIDRs(spec.podCIDRs, 'spec.podCIDRs'),
  );
}

function validateNodeUpdate({metadata, spec = {}, status = {}}: Node, {spec: old = {}}: Node): FieldError[] {
  const addresses = (status.addresses ?? []).map(({type, address}) => `${type} ${address}`);
  return collect(
    validateAnnotations(metadata.annotations, 'metadata.annotations'),
    validateResources({status}),
    validateFeatures(status.declaredFeatures, 'status.declaredFeatures'),
    each(status.addresses, 'status.addresses', ({type, address}, where, i) =>
      addresses.indexOf(addresses[i]!) < i ? duplicate(where, {Type: type ?? '', Address: address ?? ''}) : false,
    ),
    validatePodCIDRUpdate(spec, old, 'spec.podCIDRs'),
    old.providerID &&
      old.providerID !== spec.providerID &&
      forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'),
    validateTaints(spec.taints, 'metadata.taints'),
    (spec.externalID ?? '') !== (old.externalID ?? '') && forbiddenField('spec.externalID', 'may not be updated'),
  );
}

function validatePodCIDRUpdate({podCIDRs = []}: NodeSpec, {podCIDRs: old = []}: NodeSpec, path: FieldPath): FieldError[] {
  const error = forbiddenField(path, 'node updates may not change podCIDR except from "" to valid');
  if (old.length === 0) return [];
  if (old.length !== podCIDRs.length) return [error];
  return old.filter((value, i) => value !== podCIDRs[i]).map(() => error);
}

const validateResources = ({status}: Pick<Node, 'status'>): FieldError[] =>
  (['capacity', 'allocatable'] as const).flatMap(list =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, amount]) => validateResourceQuantity(name, amount, child('status', list, name))),
  );

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validateTaints(taints: readonly Taint[] | undefined, path: FieldPath): FieldError[] {
  const seen = new Set<string>();
  return each(taints, path, ({key = '', value = '', effect = '', timeAdded}, where) => {
    const badValue = isLabelValue(value);
    const id = `${effect} ${key}`;
    const repeated = seen.has(id);
    seen.add(id);
    const shown = {Key: key, Value: value, Effect: effect, TimeAdded: (timeAdded ?? null) as Json};
    return collect(
      validateLabelName(key, child(where, 'key')),
      badValue.length > 0 && invalid(child(where, 'value'), value, badValue.join(';')),
      effect ? !EFFECTS.includes(effect) && notSupported(child(where, 'effect'), effect, EFFECTS) : required(child(where, 'effect')),
      repeated && {...duplicate(where, shown), message: `${duplicate(where, shown).message}: taints must be unique by key and effect pair`},
    );
  });
}

const FEATURE = /^([A-Z][a-zA-Z0-9]*)(\/[a-zA-Z0-9]+)*$/;

/** Names of features, sorted and each once. */
function validateFeatures(features: readonly string[] = [], path: FieldPath): FieldError[] {
  return each(features, path, (name, where, i) => {
    const next = features[i + 1];
    const nextPath = at(path, i + 1);
    return collect(
      longerThan(name, 253)
        ? invalid(where, name, `invalid feature name ${JSON.stringify(name)}: must be no more than 253 characters`)
        : !FEATURE.test(name) &&
            invalid(
              where,
              name,
              `invalid feature name ${JSON.stringify(name)}: must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`,
            ),
      next === name
        ? duplicate(nextPath, next)
        : next !== undefined && name > next && invalid(nextPath, next, 'list must be sorted alphabetically'),
    );
  });
}

function validatePodCIDRs(cidrs: readonly string[] = [], path: FieldPath): FieldError[] {
  const errors = each(cidrs, path, (value, where) => validateLegacyCIDR(where, value));
  if (cidrs.length < 2) return errors;
  const families = cidrs.map(familyOfCIDR);
  const bad = families.indexOf(undefined);
  const dual = bad === -1 && new Set(families).size === 2;
  return collect(
    errors,
    bad !== -1 && {
      type: 'InternalError',
      field: path,
      message: `Internal error: invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${cidrs[bad]})`,
    },
    (!dual || cidrs.length > 2) && invalid(path, [...cidrs], 'may specify no more than one CIDR for each IP family'),
  );
}

const specWarnings = ({configSource, externalID, podCIDRs = []}: NodeSpec): string[] => [
  ...(configSource ? ['spec.configSource: the feature is removed'] : []),
  ...(externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
  ...podCIDRs.flatMap((value, i) => warningsForCIDR(`spec.podCIDRs[${i}]`, value)),
];
