import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, notSupported, required} from '../../api/field.ts';
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from '../../api/kinds.generated.ts';
import {isDNS1123Label, isDNS1123Subdomain} from '../../api/names.ts';
import type {InternalShape} from '../internal.ts';
import {listOf, pointer, struct} from '../internal.ts';
import {collect, each, named, requiredName} from '../rules.ts';
import {validateSelector} from './device-selector.ts';
import {MAX_CONFIGS, MAX_SELECTORS, validateOpaque, validateToleration} from './devices.ts';
import {fullyQualifiedName, limited, limitedSet} from './names.ts';

const MAX_REQUESTS = 32;
const MAX_SUBREQUESTS = 8;
const MAX_CONSTRAINTS = 32;

/** One device unless said otherwise (pkg/apis/resource/v1/defaults.go). */
export function defaultClaimSpec(spec: ResourceClaimSpec | undefined): void {
  for (const request of spec?.devices?.requests ?? []) {
    for (const part of [request.exactly, ...(request.firstAvailable ?? [])]) {
      if (!part) continue;
      part.allocationMode ||= 'ExactCount';
      if (part.allocationMode === 'ExactCount') part.count ||= 1;
      for (const toleration of part.tolerations ?? []) toleration.operator ||= 'Equal';
    }
  }
}

/** Upstream: validateResourceClaimSpec. */
export function validateClaimSpec(spec: ResourceClaimSpec | undefined, path: FieldPath): FieldError[] {
  const devices = spec?.devices ?? {};
  const at = child(path, 'devices');
  const names = requestNames(devices);
  return collect(
    limitedSet(devices.requests, MAX_REQUESTS, child(at, 'requests'), ({name}) => name, validateRequest),
    limited(devices.constraints, MAX_CONSTRAINTS, child(at, 'constraints'), (constraint, here) =>
      validateConstraint(constraint, names, here),
    ),
    limited(devices.config, MAX_CONFIGS, child(at, 'config'), ({requests, opaque}, here) =>
      collect(validateReferences(requests, names, child(here, 'requests')), validateOpaque(opaque, child(here, 'opaque'))),
    ),
  );
}

/** Requests by name, subrequests as `request/subrequest`. */
export const requestNames = ({requests}: DeviceClaim): ReadonlySet<string> =>
  new Set((requests ?? []).flatMap(({name, firstAvailable}) => [name, ...(firstAvailable ?? []).map(part => `${name}/${part.name}`)]));

function validateRequest({name, exactly, firstAvailable}: DeviceRequest, path: FieldPath): FieldError[] {
  const several = (firstAvailable ?? []).length > 0;
  const one = 'exactly one of `exactly` or `firstAvailable` is required';
  return collect(
    named(name, child(path, 'name'), isDNS1123Label),
    exactly && several
      ? invalid(path, null, `${one}, but multiple fields are set`)
      : several
        ? limitedSet(firstAvailable, MAX_SUBREQUESTS, child(path, 'firstAvailable'), part => part.name, validateSubRequest)
        : exactly
          ? validatePart(exactly, child(path, 'exactly'))
          : required(path, one),
  );
}

const validateSubRequest = (part: DeviceSubRequest, path: FieldPath): FieldError[] =>
  collect(named(part.name, child(path, 'name'), isDNS1123Label), validatePart(part, path));

function validatePart(part: ExactDeviceRequest | DeviceSubRequest, path: FieldPath): FieldError[] {
  const {allocationMode: mode = '', count = 0} = part;
  const ofCount = child(path, 'count');
  return collect(
    requiredName(part.deviceClassName, child(path, 'deviceClassName'), isDNS1123Subdomain),
    limited(part.selectors, MAX_SELECTORS, child(path, 'selectors'), validateSelector),
    mode === 'All' && count !== 0 && invalid(ofCount, count, "must not be specified when allocationMode is 'All'"),
    mode === 'ExactCount' && count <= 0 && invalid(ofCount, count, 'must be greater than zero'),
    !['All', 'ExactCount'].includes(mode) && notSupported(child(path, 'allocationMode'), mode, ['All', 'ExactCount']),
    each(part.tolerations, child(path, 'tolerations'), validateToleration),
  );
}

function validateConstraint(constraint: DeviceConstraint, names: ReadonlySet<string>, path: FieldPath): FieldError[] {
  const given = (['matchAttribute', 'distinctAttribute'] as const).find(field => constraint[field] !== undefined);
  return collect(
    validateReferences(constraint.requests, names, child(path, 'requests')),
    given === undefined ? required(path, ONE_ATTRIBUTE) : fullyQualifiedName(constraint[given]!, child(path, given)),
  );
}

const ONE_ATTRIBUTE = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';

/** Names of requests of this claim, or of their subrequests. */
export const validateReferences = (references: readonly string[] | undefined, names: ReadonlySet<string>, path: FieldPath): FieldError[] =>
  limitedSet(
    references,
    MAX_REQUESTS,
    path,
    reference => reference,
    (reference, here) => validateReference(reference, names, here),
  );

const REFERENCE = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

export function validateReference(reference: string, names: ReadonlySet<string>, path: FieldPath): FieldError[] {
  const segments = reference.split('/');
  if (segments.length > 2) return [invalid(path, reference, REFERENCE)];
  return collect(
    ...segments.map(segment => named(segment, path, isDNS1123Label)),
    !names.has(reference) && invalid(path, reference, REFERENCE),
  );
}

export const TOLERATIONS: InternalShape = listOf(struct({key: '', operator: '', value: '', effect: '', tolerationSeconds: null}));
const SELECTORS = listOf(struct({cel: pointer(struct({expression: ''}))}));

/** A claim's spec as messages show it. */
export const CLAIM_SPEC: InternalShape = struct({
  devices: struct({
    requests: listOf(
      struct({
        name: '',
        exactly: pointer(
          struct({
            deviceClassName: '',
            selectors: SELECTORS,
            allocationMode: '',
            count: 0,
            adminAccess: null,
            tolerations: TOLERATIONS,
            capacity: pointer(struct({requests: null})),
          }),
        ),
        firstAvailable: listOf(
          struct({
            name: '',
            deviceClassName: '',
            selectors: SELECTORS,
            allocationMode: '',
            count: 0,
            tolerations: TOLERATIONS,
            capacity: pointer(struct({requests: null})),
          }),
        ),
      }),
    ),
    constraints: listOf(struct({requests: null, matchAttribute: null, distinctAttribute: null})),
    config: listOf(struct({requests: null, opaque: pointer(struct({driver: '', parameters: null}))})),
  }),
});
