import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, invalid, required, tooLong} from '../../api/field.ts';
import {parseCIDR} from '../../api/ip.ts';
import type {Json} from '../../api/json.ts';
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  ResourceResourceClaim as ResourceClaim,
  ResourceClaimConsumerReference,
  ResourceClaimStatus,
} from '../../api/kinds.generated.ts';
import {isDNS1123Label, longerThan} from '../../api/names.ts';
import {NODE_SELECTOR} from '../core/internal-volume.ts';
import {validateNodeSelector} from '../core/node-selector.ts';
import {internal, listOf, pointer, struct} from '../internal.ts';
import {collect, IMMUTABLE, named, requiredOneOf, semanticEqual, validateConditions} from '../rules.ts';
import {requestNames, TOLERATIONS, validateReference, validateReferences} from './claim-spec.ts';
import {validateBinding} from './device.ts';
import {validateDriver, validateOpaque, validateRaw} from './devices.ts';
import {limited, limitedSet, validatePoolName} from './names.ts';

const MAX_RESERVED = 256;
const MAX_RESULTS = 32;
const MAX_ALLOCATION_CONFIGS = 64;
const MAX_CONDITIONS = 8;
const MAX_IPS = 16;
const MAX_INTERFACE_NAME = 256;
const MAX_HARDWARE_ADDRESS = 128;

const ALLOCATION = struct({
  devices: struct({
    results: listOf(
      struct({
        request: '',
        driver: '',
        pool: '',
        device: '',
        adminAccess: null,
        tolerations: TOLERATIONS,
        bindingConditions: null,
        bindingFailureConditions: null,
        shareID: null,
        consumedCapacity: null,
      }),
    ),
    config: listOf(struct({source: '', requests: null, opaque: pointer(struct({driver: '', parameters: null}))})),
  }),
  nodeSelector: NODE_SELECTOR,
  allocationTimestamp: null,
});

/** Upstream: validateResourceClaimStatusUpdate. */
export function validateClaimStatusUpdate(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  const [status, before] = [claim.status ?? {}, old.status ?? {}];
  const names = requestNames(claim.spec.devices ?? {});
  const allocation = child('status', 'allocation');
  return collect(
    limitedSet(status.reservedFor, MAX_RESERVED, 'status.reservedFor', ({uid}) => uid, validateConsumer),
    validateDevices(status, 'status.devices'),
    validateReservation(claim, status, before),
    before.allocation && status.allocation
      ? !semanticEqual(status.allocation, before.allocation) && invalid(allocation, internal(status.allocation, ALLOCATION), IMMUTABLE)
      : status.allocation && validateAllocation(status.allocation, names, allocation),
  );
}

const validateConsumer = ({resource, name, uid}: ResourceClaimConsumerReference, path: FieldPath): FieldError[] =>
  collect(!resource && required(child(path, 'resource')), !name && required(child(path, 'name')), !uid && required(child(path, 'uid')));

function validateReservation(claim: ResourceClaim, status: ResourceClaimStatus, before: ResourceClaimStatus): FieldError[] {
  const path = 'status.reservedFor';
  if ((status.reservedFor ?? []).length === 0) return [];
  if (!status.allocation) return [forbiddenField(path, 'may not be specified when `allocated` is not set')];
  const added = status.reservedFor!.some(consumer => !(before.reservedFor ?? []).some(known => semanticEqual(known, consumer)));
  return claim.metadata.deletionTimestamp !== undefined && added
    ? [forbiddenField(path, 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set')]
    : [];
}

function validateAllocation({devices, nodeSelector}: AllocationResult, names: ReadonlySet<string>, path: FieldPath): FieldError[] {
  const here = child(path, 'devices');
  return collect(
    limited(devices?.results, MAX_RESULTS, child(here, 'results'), (result, at) => validateResult(result, names, at)),
    limited(devices?.config, MAX_ALLOCATION_CONFIGS, child(here, 'config'), (config, at) => validateConfig(config, names, at)),
    nodeSelector && validateNodeSelector(nodeSelector, child(path, 'nodeSelector')),
  );
}

const validateConfig = (
  {source, requests, opaque}: DeviceAllocationConfiguration,
  names: ReadonlySet<string>,
  path: FieldPath,
): FieldError[] =>
  collect(
    requiredOneOf(source, child(path, 'source'), ['FromClaim', 'FromClass']),
    validateReferences(requests, names, child(path, 'requests')),
    validateOpaque(opaque, child(path, 'opaque')),
  );

function validateResult(result: DeviceRequestAllocationResult, names: ReadonlySet<string>, path: FieldPath): FieldError[] {
  return collect(
    validateReference(result.request, names, child(path, 'request')),
    validateDeviceID(result, path),
    validateBinding(result, path),
    validateShareID(result.shareID, child(path, 'shareID')),
  );
}

const validateDeviceID = ({driver, pool, device}: {driver: string; pool: string; device: string}, path: FieldPath): FieldError[] =>
  collect(
    validateDriver(driver, child(path, 'driver')),
    validatePoolName(pool, child(path, 'pool')),
    named(device, child(path, 'device'), isDNS1123Label),
  );

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function validateShareID(id: string | undefined, path: FieldPath): FieldError[] {
  if (id === undefined || UUID.test(id)) return [];
  const problem = uuidError(id);
  return [invalid(path, id, problem ? `error validating uid: ${problem}` : NOT_NORMALIZED)];
}

const NOT_NORMALIZED =
  'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters';

/** What is wrong with a UUID in any of its forms (github.com/google/uuid Validate). */
function uuidError(id: string): string | undefined {
  const [open, close] = [id.startsWith('{'), id.endsWith('}')];
  switch (Buffer.byteLength(id)) {
    case 45:
      return id.slice(0, 9).toLowerCase() === 'urn:uuid:'
        ? uuidError(id.slice(9))
        : `invalid urn prefix: ${JSON.stringify(id.slice(0, 9))}`;
    case 38:
      return open && close ? uuidError(id.slice(1, -1)) : 'invalid bracketed UUID format';
    case 36:
      return new RegExp(UUID.source, 'i').test(id) ? undefined : 'invalid UUID format';
    case 32:
      return /^[0-9a-f]*$/i.test(id) ? undefined : 'invalid UUID format';
    default:
      return `invalid UUID length: ${Buffer.byteLength(id)}`;
  }
}

const DEVICE_ID = struct({driver: '', pool: '', device: '', shareID: ''});

function validateDevices({devices, allocation}: ResourceClaimStatus, path: FieldPath): FieldError[] {
  const key = (device: {driver: string; pool: string; device: string; shareID?: string}): string =>
    JSON.stringify(internal(device, DEVICE_ID));
  const allocated = new Set((allocation?.devices?.results ?? []).map(key));
  return limitedSet(devices, MAX_RESULTS, path, key, (device, at) =>
    collect(
      validateDeviceID(device, at),
      validateShareID(device.shareID, child(at, 'shareID')),
      !allocated.has(key(device)) && invalid(at, internal(device, DEVICE_ID), 'must be an allocated device in the claim'),
      validateDeviceStatus(device, at),
    ),
  );
}

function validateDeviceStatus({conditions, data, networkData}: AllocatedDeviceStatus, path: FieldPath): FieldError[] {
  const network = child(path, 'networkData');
  return collect(
    limited(conditions, MAX_CONDITIONS, child(path, 'conditions'), () => undefined),
    validateConditions(conditions, child(path, 'conditions')),
    data !== undefined && validateRaw(data as Json, child(path, 'data')),
    longerThan(networkData?.interfaceName ?? '', MAX_INTERFACE_NAME) && tooLong(child(network, 'interfaceName'), MAX_INTERFACE_NAME),
    longerThan(networkData?.hardwareAddress ?? '', MAX_HARDWARE_ADDRESS) &&
      tooLong(child(network, 'hardwareAddress'), MAX_HARDWARE_ADDRESS),
    limitedSet(networkData?.ips, MAX_IPS, child(network, 'ips'), ip => ip, validateInterfaceCIDR),
  );
}

const validateInterfaceCIDR = (text: string, path: FieldPath): FieldError[] =>
  parseCIDR(text) ? [] : [invalid(path, text, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')];
