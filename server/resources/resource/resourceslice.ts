import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, required} from '../../api/field.ts';
import type {CounterSet, Device, ResourcePool, ResourceSlice, ResourceSliceSpec} from '../../api/kinds.generated.ts';
import {isDNS1123Label} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import {formatTime} from '../../api/time.ts';
import type {Strategy, StrategyContext} from '../resource.ts';
import {collect, immutable, immutableText, requiredName, semanticEqual} from '../rules.ts';
import {validateDevice} from './device.ts';
import {driverWarnings, validateDriver} from './devices.ts';
import {limitedSet, validateCounters, validatePoolName} from './names.ts';
import {onlyTrue, validateNodeName, validateOneTerm} from './places.ts';

const MAX_DEVICES = 128;
const MAX_DEVICES_WITH_DETAILS = 64;
const MAX_COUNTER_SETS = 8;

/** Upstream: pkg/apis/resource/validation, pkg/registry/resource/resourceslice. */
export const resourceSlice: Strategy = {
  prepareForCreate(object, context) {
    stampTaints(object, context);
    dropDisabledFields(object);
  },
  prepareForUpdate(object, old, context) {
    stampTaints(object, context);
    // Fields that are dropped count as a change of the spec all the same.
    if (!semanticEqual(object.spec, old.spec)) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    dropDisabledFields(object);
  },
  generation: 'create',
  metadataOnUpdate: 'update',
  validate: object => validateSpec((object as ResourceSlice).spec, 'spec'),
  validateUpdate(object, old) {
    const [spec, before] = [(object as ResourceSlice).spec, (old as ResourceSlice).spec];
    const driver = immutableText(spec.driver, before.driver, 'spec.driver');
    const pool = immutableText(spec.pool?.name, before.pool?.name, 'spec.pool.name');
    return collect(
      spec.driver && driver,
      spec.pool?.name && pool,
      immutable(spec.nodeName, before.nodeName, 'spec.nodeName'),
      validateSpec(spec, 'spec'),
      // That something is missing is told before that it was there.
      !spec.driver && driver,
      !spec.pool?.name && pool,
    );
  },
  warnings: object => driverWarnings((object as ResourceSlice).spec.driver, 'spec.driver'),
  fields: object => ({
    'spec.nodeName': (object as ResourceSlice).spec.nodeName ?? '',
    'spec.driver': (object as ResourceSlice).spec.driver ?? '',
  }),
  selectableFields: ['spec.nodeName', 'spec.driver'],
  unknownField: label => `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${label}`,
  returnDeletedObject: true,
};

/** Taints know when they were added. */
function stampTaints(object: KubeObject, {clock}: StrategyContext): void {
  for (const device of (object as ResourceSlice).spec.devices ?? [])
    for (const taint of device.taints ?? []) taint.timeAdded ??= formatTime(clock.now());
}

/** What features that are off would bring. */
function dropDisabledFields(object: KubeObject): void {
  for (const device of (object as ResourceSlice).spec.devices ?? []) {
    delete device.nodeAllocatableResourceMappings;
    for (const attribute of Object.values(device.attributes ?? {})) {
      for (const list of ['ints', 'bools', 'strings', 'versions'] as const) delete attribute[list];
    }
  }
}

function validateSpec(spec: ResourceSliceSpec, path: FieldPath): FieldError[] {
  const {driver, pool, sharedCounters, devices} = spec;
  const perDevice = spec.perDeviceNodeSelection === true;
  const detailed = (devices ?? []).some(({taints, consumesCounters}) => (taints ?? []).length + (consumesCounters ?? []).length > 0);
  return collect(
    validateDriver(driver, child(path, 'driver')),
    validatePool(pool ?? ({} as ResourcePool), child(path, 'pool')),
    validatePlaces(spec, path),
    // Empty lists count too.
    sharedCounters && devices && invalid(path, '', 'only one of `sharedCounters` or `devices` is allowed'),
    limitedSet(
      devices,
      detailed ? MAX_DEVICES_WITH_DETAILS : MAX_DEVICES,
      child(path, 'devices'),
      ({name}) => name,
      (device: Device, here: FieldPath) => validateDevice(device, perDevice, here),
    ),
    limitedSet(sharedCounters, MAX_COUNTER_SETS, child(path, 'sharedCounters'), ({name}) => name, validateCounterSet),
  );
}

const validatePool = ({name, generation = 0, resourceSliceCount = 0}: ResourcePool, path: FieldPath): FieldError[] =>
  collect(
    validatePoolName(name, child(path, 'name')),
    resourceSliceCount <= 0 && invalid(child(path, 'resourceSliceCount'), resourceSliceCount, 'must be greater than zero'),
    generation < 0 && invalid(child(path, 'generation'), generation, 'must be greater than or equal to zero'),
  );

const ONE_PLACE = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';

function validatePlaces({nodeName, nodeSelector, allNodes, perDeviceNodeSelection}: ResourceSliceSpec, path: FieldPath): FieldError[] {
  const set = [
    nodeName && '`nodeName`',
    nodeSelector && '`nodeSelector`',
    allNodes && '`allNodes`',
    perDeviceNodeSelection && '`perDeviceNodeSelection`',
  ].filter(Boolean);
  return collect(
    validateNodeName(nodeName, child(path, 'nodeName'), 'must be either unset or set to a non-empty string'),
    nodeSelector && validateOneTerm(nodeSelector, child(path, 'nodeSelector')),
    onlyTrue(allNodes, child(path, 'allNodes')),
    onlyTrue(perDeviceNodeSelection, child(path, 'perDeviceNodeSelection')),
    set.length === 0 && required(path, ONE_PLACE),
    set.length > 1 && invalid(path, `{${set.join(', ')}}`, `${ONE_PLACE}, but multiple fields are set`),
  );
}

const validateCounterSet = ({name, counters}: CounterSet, path: FieldPath): FieldError[] =>
  collect(requiredName(name, child(path, 'name'), isDNS1123Label), validateCounters(counters, child(path, 'counters')));
