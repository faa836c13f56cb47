import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, notSupported, required} from '../../api/field.ts';
import {parseIP, validateLegacyIP, warningsForIP} from '../../api/ip.ts';
import type {EndpointAddress, EndpointPort, EndpointSubset, Endpoints} from '../../api/kinds.generated.ts';
import {isDNS1123Label, isDNS1123Subdomain, isPortNumber, isQualifiedName} from '../../api/names.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, named, semanticEqual} from '../rules.ts';
import {validateNonSpecialIP} from './special-ip.ts';

/** Upstream: pkg/apis/core/validation ValidateEndpoints, pkg/registry/core/endpoint. */
export const endpoints: Strategy = {
  generation: 'none',
  allowCreateOnUpdate: true,
  defaults(object) {
    for (const {ports} of (object as Endpoints).subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP';
  },
  validate: object => each((object as Endpoints).subsets, 'subsets', validateSubset),
  validateUpdate(object, old) {
    const {subsets} = object as Endpoints;
    return semanticEqual(subsets, (old as Endpoints).subsets) ? [] : each(subsets, 'subsets', validateSubset);
  },
  warnings: object => addressWarnings(object as Endpoints),
};

const validateSubset = ({addresses, notReadyAddresses, ports}: EndpointSubset, path: FieldPath): FieldError[] =>
  collect(
    !addresses?.length && !notReadyAddresses?.length && required(path, 'must specify `addresses` or `notReadyAddresses`'),
    each(addresses, child(path, 'addresses'), validateAddress),
    each(notReadyAddresses, child(path, 'notReadyAddresses'), validateAddress),
    each(ports, child(path, 'ports'), (port, where) => validatePort(port, where, ports!.length > 1)),
  );

const validateAddress = ({ip = '', hostname, nodeName}: Partial<EndpointAddress>, path: FieldPath): FieldError[] =>
  collect(
    validateLegacyIP(child(path, 'ip'), ip),
    hostname && named(hostname, child(path, 'hostname'), isDNS1123Label),
    nodeName !== undefined && named(nodeName, child(path, 'nodeName'), isDNS1123Subdomain),
    parseIP(ip) ? validateNonSpecialIP(ip, child(path, 'ip')) : invalid(child(path, 'ip'), ip, 'must be a valid IP address'),
  );

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

const validatePort = (
  {name, port = 0, protocol, appProtocol}: Partial<EndpointPort>,
  path: FieldPath,
  nameRequired: boolean,
): FieldError[] =>
  collect(
    name ? named(name, child(path, 'name'), isDNS1123Label) : nameRequired && required(child(path, 'name')),
    isPortNumber(port).map(message => invalid(child(path, 'port'), port, message)),
    protocol
      ? !PROTOCOLS.includes(protocol) && notSupported(child(path, 'protocol'), protocol, PROTOCOLS)
      : required(child(path, 'protocol')),
    appProtocol !== undefined && named(appProtocol, child(path, 'appProtocol'), isQualifiedName),
  );

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';

function addressWarnings({metadata, subsets}: Endpoints): string[] {
  if (metadata.labels?.[MANAGED_BY] === 'endpoint-controller') return [];
  return (subsets ?? []).flatMap((subset, i) =>
    (['addresses', 'notReadyAddresses'] as const).flatMap(list =>
      (subset[list] ?? []).flatMap(({ip}, j) => warningsForIP(`subsets[${i}].${list}[${j}].ip`, ip)),
    ),
  );
}
