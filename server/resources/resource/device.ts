import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, duplicate, forbiddenField, invalid, required, tooLong} from '../../api/field.ts';
import type {Device, DeviceAttribute, DeviceCapacity, DeviceCounterConsumption, DeviceTaint} from '../../api/kinds.generated.ts';
import {isDNS1123Label, isLabelValue, longerThan} from '../../api/names.ts';
import {validateNodeSelector} from '../core/node-selector.ts';
import {internal, struct} from '../internal.ts';
import {collect, each, named, requiredName, unique, validateLabelName} from '../rules.ts';
import {validateRequestPolicy} from './capacity.ts';
import {validateEffect} from './devices.ts';
import {limited, limitedSet, MAX_KEY, qualifiedName, shortKey, validateCounters} from './names.ts';
import {onlyTrue, validateNodeName} from './places.ts';

const MAX_DETAILS = 32;
const MAX_TAINTS = 16;
const MAX_CONSUMED = 2;
const MAX_VALUE = 64;
const MAX_CONDITIONS = 4;

/** One device of a slice (validateDevice). `perDevice`: each says itself where it is. */
export function validateDevice(device: Device, perDevice: boolean, path: FieldPath): FieldError[] {
  const count = Object.keys(device.attributes ?? {}).length + Object.keys(device.capacity ?? {}).length;
  return collect(
    named(device.name, child(path, 'name'), isDNS1123Label),
    count > MAX_DETAILS && invalid(path, count, `the total number of attributes and capacities must not exceed ${MAX_DETAILS}`),
    ...Object.entries(device.attributes ?? {}).map(([name, attribute]) => {
      const here = child(path, 'attributes');
      return collect(qualifiedName(name, here), validateAttribute(attribute, at(here, shortKey(name, MAX_KEY))));
    }),
    ...Object.entries(device.capacity ?? {}).map(([name, capacity]) => {
      const here = child(path, 'capacity');
      return collect(
        qualifiedName(name, here),
        validateCapacity(capacity, device.allowMultipleAllocations === true, at(here, shortKey(name, MAX_KEY))),
      );
    }),
    limited(device.taints, MAX_TAINTS, child(path, 'taints'), validateTaint),
    limitedSet(device.consumesCounters, MAX_CONSUMED, child(path, 'consumesCounters'), ({counterSet}) => counterSet, validateConsumption),
    validatePlace(device, perDevice, path),
    validateBinding(device, path),
  );
}

const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;

const ATTRIBUTE = struct({
  'int:IntValue': null,
  'bool:BoolValue': null,
  'string:StringValue': null,
  'version:VersionValue': null,
  'ints:IntValues': null,
  'bools:BoolValues': null,
  'strings:StringValues': null,
  'versions:VersionValues': null,
});

function validateAttribute(attribute: DeviceAttribute, path: FieldPath): FieldError[] {
  const {bool, int, string, version} = attribute;
  const count = [bool, int, string, version].filter(value => value !== undefined).length;
  return collect(
    string !== undefined && longerThan(string, MAX_VALUE) && tooLong(child(path, 'string'), MAX_VALUE),
    version !== undefined &&
      !SEMVER.test(version) &&
      invalid(child(path, 'version'), version, 'must be a string compatible with semver.org spec 2.0.0'),
    version !== undefined && longerThan(version, MAX_VALUE) && tooLong(child(path, 'version'), MAX_VALUE),
    count !== 1 && invalid(path, count === 0 ? '' : internal(attribute, ATTRIBUTE), 'exactly one value must be specified'),
  );
}

function validateCapacity({value, requestPolicy}: DeviceCapacity, shared: boolean, path: FieldPath): FieldError[] {
  if (!requestPolicy) return [];
  const here = child(path, 'requestPolicy');
  return shared ? validateRequestPolicy(requestPolicy, value, here) : [forbiddenField(here, 'allowMultipleAllocations must be true')];
}

const validateTaint = ({key, value, effect}: DeviceTaint, path: FieldPath): FieldError[] =>
  collect(
    validateLabelName(key ?? '', child(path, 'key')),
    named(value ?? '', child(path, 'value'), isLabelValue),
    validateEffect(effect, child(path, 'effect')),
  );

const validateConsumption = ({counterSet, counters}: DeviceCounterConsumption, path: FieldPath): FieldError[] =>
  collect(requiredName(counterSet, child(path, 'counterSet'), isDNS1123Label), validateCounters(counters, child(path, 'counters')));

const NOT_IN_SLICE =
  '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
const ONE_IN_DEVICE =
  'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';

function validatePlace({nodeName, nodeSelector, allNodes}: Device, perDevice: boolean, path: FieldPath): FieldError[] {
  const given = nodeName !== undefined || nodeSelector !== undefined || allNodes !== undefined;
  if (!perDevice) return given ? [invalid(path, null, NOT_IN_SLICE)] : [];
  const set = [nodeName && '`nodeName`', nodeSelector && '`nodeSelector`', allNodes && '`allNodes`'].filter(Boolean);
  return collect(
    validateNodeName(nodeName, child(path, 'nodeName'), 'must not be empty'),
    nodeSelector && validateNodeSelector(nodeSelector, child(path, 'nodeSelector')),
    onlyTrue(allNodes, child(path, 'allNodes')),
    set.length === 0 && required(path, ONE_IN_DEVICE),
    set.length > 1 && invalid(path, `{${set.join(', ')}}`, ONE_IN_DEVICE),
  );
}

type Binding = Pick<Device, 'bindingConditions' | 'bindingFailureConditions'>;

/** Conditions that tell whether a device can be used: of both sorts or of none. */
export function validateBinding({bindingConditions, bindingFailureConditions}: Binding, path: FieldPath): FieldError[] {
  const [bound, failed] = [bindingConditions ?? [], bindingFailureConditions ?? []];
  const [ofBound, ofFailed] = [child(path, 'bindingConditions'), child(path, 'bindingFailureConditions')];
  return collect(
    limited(bound, MAX_CONDITIONS, ofBound, validateLabelName),
    limited(failed, MAX_CONDITIONS, ofFailed, validateLabelName),
    unique(bound, ofBound, condition => condition),
    each(failed, ofFailed, (condition, here, i) =>
      collect(
        failed.indexOf(condition) < i && duplicate(here, condition),
        bound.includes(condition) && invalid(here, condition, 'bindingFailureConditions must not overlap with bindingConditions'),
      ),
    ),
    bound.length === 0 && failed.length > 0 && invalid(ofBound, null, 'bindingConditions are required to use bindingFailureConditions'),
    bound.length > 0 && failed.length === 0 && invalid(ofFailed, null, 'bindingFailureConditions are required to use bindingConditions'),
  );
}
