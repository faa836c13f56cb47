import deepEqual from 'fast-deep-equal';
import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, duplicate, invalid, required, tooMany} from '../../api/field.ts';
import {parseIP, validateIP} from '../../api/ip.ts';
import type {DiscoveryEndpointPort, Endpoint, EndpointHints, EndpointSlice} from '../../api/kinds.generated.ts';
import {isDNS1123Label, isDNS1123Subdomain, isLabelValue} from '../../api/names.ts';
import {validateNonSpecialIP} from '../core/special-ip.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, immutableText, named, oneOf, requiredOneOf, validateLabelName, validateLabels} from '../rules.ts';

const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20000;
const MAX_TOPOLOGY_LABELS = 16;
const MAX_HINTS = 8;

/** Upstream: pkg/apis/discovery/v1/defaults.go, pkg/apis/discovery/validation, pkg/registry/discovery/endpointslice. */
export const endpointSlice: Strategy = {
  defaults(object) {
    for (const port of (object as EndpointSlice).ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  prepareForCreate(object) {
    // Topology is of v1beta1: v1 takes no new one.
    for (const endpoint of (object as EndpointSlice).endpoints ?? []) delete endpoint.deprecatedTopology;
  },
  prepareForUpdate(object, old) {
    const kept = ((old as EndpointSlice).endpoints ?? []).some(({deprecatedTopology}) => deprecatedTopology !== undefined);
    if (!kept) for (const endpoint of (object as EndpointSlice).endpoints ?? []) delete endpoint.deprecatedTopology;
  },
  validate: object => validate(object as EndpointSlice),
  validateUpdate: (object, old) =>
    collect(
      validate(object as EndpointSlice, addressesOf(old as EndpointSlice)),
      immutableText((object as EndpointSlice).addressType, (old as EndpointSlice).addressType, 'addressType'),
    ),
  metadataOnUpdate: 'create',
  warnings: (object, old) =>
    !old && (object as EndpointSlice).addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : [],
  generation: (object, old) => !deepEqual(content(object as EndpointSlice), content(old as EndpointSlice)),
};

const content = ({metadata, endpoints, ports, addressType}: EndpointSlice) => ({
  labels: metadata.labels ?? {},
  endpoints: endpoints ?? [],
  ports: ports ?? [],
  addressType,
});

const addressesOf = ({endpoints}: EndpointSlice): ReadonlySet<string> =>
  new Set((endpoints ?? []).flatMap(({addresses}) => addresses ?? []));

/** Addresses that were there before are not looked at again. */
const validate = ({addressType, endpoints, ports}: EndpointSlice, known: ReadonlySet<string> = new Set()): FieldError[] =>
  collect(
    requiredOneOf(addressType, 'addressType', ['FQDN', 'IPv4', 'IPv6']),
    (endpoints ?? []).length > MAX_ENDPOINTS
      ? tooMany('endpoints', endpoints!.length, MAX_ENDPOINTS)
      : each(endpoints, 'endpoints', (endpoint, path) => validateEndpoint(endpoint, addressType, path, known)),
    (ports ?? []).length > MAX_PORTS ? tooMany('ports', ports!.length, MAX_PORTS) : validatePorts(ports ?? [], 'ports'),
  );

function validateEndpoint(endpoint: Endpoint, addressType: string, path: FieldPath, known: ReadonlySet<string>): FieldError[] {
  const {addresses, nodeName, hostname, deprecatedTopology, hints} = endpoint;
  const count = addresses?.length ?? 0;
  const ofAddresses = child(path, 'addresses');
  const topology = Object.keys(deprecatedTopology ?? {}).length;
  return collect(
    count === 0 && required(ofAddresses, 'must contain at least 1 address'),
    count > MAX_ADDRESSES && tooMany(ofAddresses, count, MAX_ADDRESSES),
    each(addresses, ofAddresses, (address, here) => !known.has(address) && validateAddress(address, addressType, here, ofAddresses)),
    nodeName !== undefined && named(nodeName, child(path, 'nodeName'), isDNS1123Subdomain),
    topology > MAX_TOPOLOGY_LABELS && tooMany(child(path, 'deprecatedTopology'), topology, MAX_TOPOLOGY_LABELS),
    validateLabels(deprecatedTopology, child(path, 'deprecatedTopology')),
    hostname !== undefined && named(hostname, child(path, 'hostname'), isDNS1123Label),
    hints && validateHints(hints, child(path, 'hints')),
  );
}

function validateAddress(address: string, addressType: string, path: FieldPath, list: FieldPath): FieldError[] {
  if (addressType === 'FQDN') return validateDomain(address, path);
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return [];
  const ip = parseIP(address);
  const family = ip?.mapped ? undefined : ip?.family;
  const unreadable = validateIP(path, address);
  if (family !== (addressType === 'IPv4' ? 4 : 6)) {
    const foreign = invalid(list, address, `must be an ${addressType} address`);
    return family === undefined ? unreadable : [foreign, ...validateNonSpecialIP(address, path)];
  }
  return unreadable.length > 0 ? unreadable : validateNonSpecialIP(address, path);
}

/** A whole domain name, which may end with a dot (IsFullyQualifiedDomainName). */
function validateDomain(address: string, path: FieldPath): FieldError[] {
  if (address === '') return [required(path)];
  const name = address.replace(/\.$/, '');
  const bad = isDNS1123Subdomain(name);
  if (bad.length > 0) return [invalid(path, name, bad.join(','))];
  const labels = name.split('.');
  if (labels.length < 2) return [invalid(path, name, 'should be a domain with at least two segments separated by dots')];
  const label = labels.find(label => isDNS1123Label(label).length > 0);
  return label === undefined ? [] : [invalid(path, label, isDNS1123Label(label).join(','))];
}

const validateHints = ({forZones, forNodes}: EndpointHints, path: FieldPath): FieldError[] =>
  collect(
    validateHint(forZones, child(path, 'forZones'), isLabelValue),
    validateHint(forNodes, child(path, 'forNodes'), isDNS1123Subdomain),
  );

const validateHint = (names: readonly {name: string}[] | undefined, path: FieldPath, check: (name: string) => string[]): FieldError[] =>
  (names ?? []).length > MAX_HINTS
    ? [tooMany(path, names!.length, MAX_HINTS)]
    : collect(
        each(names, path, ({name}, here, i) =>
          collect(
            names!.findIndex(other => other.name === name) < i && duplicate(child(here, 'name'), name),
            named(name, child(here, 'name'), check),
          ),
        ),
      );

function validatePorts(ports: readonly DiscoveryEndpointPort[], path: FieldPath): FieldError[] {
  const known = new Set<string>();
  return ports.flatMap((port, i) => {
    const name = port.name ?? '';
    const repeated = known.has(name);
    known.add(name);
    return collect(
      name && named(name, child(at(path, i), 'name'), isDNS1123Label),
      repeated && duplicate(child(at(path, i), 'name'), name),
      oneOf(port.protocol, child(at(path, i), 'protocol'), ['SCTP', 'TCP', 'UDP']),
      port.appProtocol !== undefined && validateLabelName(port.appProtocol, child(at(path, i), 'appProtocol')),
    );
  });
}
