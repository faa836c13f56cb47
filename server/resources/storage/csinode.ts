import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, duplicate, invalid, required} from '../../api/field.ts';
import type {CSINode, CSINodeDriver} from '../../api/kinds.generated.ts';
import {isQualifiedName} from '../../api/names.ts';
import {validateCSIDriverName} from '../core/volume-sources.ts';
import {internal, struct} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, IMMUTABLE, named, nonNegative, semanticEqual} from '../rules.ts';

/** Upstream: pkg/apis/storage/validation, pkg/registry/storage/csinode. */
export const csiNode: Strategy = {
  metadataOnUpdate: 'create',
  validate: object => validateDrivers(driversOf(object as CSINode), 'spec.drivers'),
  validateUpdate: (object, old) =>
    collect(validateDrivers(driversOf(object as CSINode), 'spec.drivers'), validateChange(object as CSINode, old as CSINode)),
  generation: 'none',
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
};

const MAX_NODE_ID_LENGTH = 256;

const SHOWN = struct({name: '', nodeID: '', topologyKeys: null, allocatable: null});

const driversOf = (node: CSINode): readonly CSINodeDriver[] => node.spec.drivers ?? [];

/** Drivers come and go; one that stays is what it was, but for its allocatable. */
function validateChange(node: CSINode, old: CSINode): FieldError[] {
  const fixed = ({name, nodeID, topologyKeys}: CSINodeDriver) => ({name, nodeID, topologyKeys});
  return driversOf(old).flatMap(before => {
    const now = driversOf(node).find(({name}) => name === before.name);
    return now && !semanticEqual(fixed(before), fixed(now)) ? [invalid('spec.drivers', internal(fixed(now), SHOWN), IMMUTABLE)] : [];
  });
}

const validateDrivers = (drivers: readonly CSINodeDriver[], path: FieldPath): FieldError[] =>
  each(drivers, path, (driver, here, i) => validateDriver(driver, drivers.findIndex(({name}) => name === driver.name) < i, here));

function validateDriver({name, nodeID, topologyKeys, allocatable}: CSINodeDriver, repeated: boolean, path: FieldPath): FieldError[] {
  const keys = topologyKeys ?? [];
  return collect(
    validateCSIDriverName(name, child(path, 'name')),
    !nodeID && required(child(path, 'nodeID')),
    (nodeID ?? '').length > MAX_NODE_ID_LENGTH &&
      invalid(child(path, 'nodeID'), nodeID, `must be ${MAX_NODE_ID_LENGTH} characters or less`),
    nonNegative(allocatable?.count, child(path, 'allocatable', 'count')),
    repeated && duplicate(child(path, 'name'), name),
    keys.flatMap((key, i) =>
      collect(keys.indexOf(key) < i && duplicate(path, key), key === '' && required(path), named(key, path, isQualifiedName)),
    ),
  );
}
