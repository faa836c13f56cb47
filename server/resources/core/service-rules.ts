import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, duplicate, forbiddenField, invalid, notSupported, required} from '../../api/field.ts';
import {parseIP, validateLegacyCIDR, validateLegacyIP} from '../../api/ip.ts';
import type {LoadBalancerIngress, Service, ServicePort, ServiceSpec} from '../../api/kinds.generated.ts';
import {isDNS1123Label, isDNS1123Subdomain, isPortNumber, isQualifiedName} from '../../api/names.ts';
import {collect, each, named, validateLabels} from '../rules.ts';
import {validatePort} from './pod/probes.ts';
import {isExternallyAccessible, isHeadless, needsHealthCheck} from './service-fields.ts';
import {validateClusterIPs, validateClusterIPsUpdate} from './service-ips.ts';
import {validateNonSpecialIP} from './special-ip.ts';

type Full = Service & {spec: ServiceSpec};

export const validateNewService = (service: Full): FieldError[] => validateService(service, undefined);

export function validateServiceUpdate(service: Full, old: Full): FieldError[] {
  const [spec, before] = [service.spec, old.spec];
  return collect(
    validateClusterIPsUpdate(spec, before, 'spec'),
    spec.type === 'LoadBalancer' &&
      before.type === 'LoadBalancer' &&
      spec.loadBalancerClass !== before.loadBalancerClass &&
      invalid('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set'),
    validateLoadBalancerClass(spec, 'spec.loadBalancerClass'),
    needsHealthCheck(spec) &&
      needsHealthCheck(before) &&
      (spec.healthCheckNodePort ?? 0) !== (before.healthCheckNodePort ?? 0) &&
      forbiddenField('spec.healthCheckNodePort', 'field is immutable'),
    validateService(service, old),
  );
}

const HINTS = 'service.kubernetes.io/topology-aware-hints';
const MODE = 'service.kubernetes.io/topology-mode';
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const AFFINITIES = ['ClientIP', 'None'];

function validateService(service: Full, old: Full | undefined): FieldError[] {
  const {metadata, spec} = service;
  const {ports = [], type} = spec;
  const [hints, mode] = [metadata.annotations?.[HINTS], metadata.annotations?.[MODE]];
  return collect(
    hints !== undefined &&
      mode !== undefined &&
      hints !== mode &&
      invalid(at('metadata.annotations', MODE), mode, `must match annotations[${HINTS}] when both are specified`),
    ports.length === 0 && !isHeadless(spec) && type !== 'ExternalName' && required('spec.ports'),
    validateByType(spec, 'spec'),
    validatePorts(ports, 'spec.ports'),
    spec.selector && validateLabels(spec.selector, 'spec.selector'),
    !spec.sessionAffinity
      ? required('spec.sessionAffinity')
      : !AFFINITIES.includes(spec.sessionAffinity) && notSupported('spec.sessionAffinity', spec.sessionAffinity, AFFINITIES),
    validateAffinity(spec, 'spec.sessionAffinityConfig'),
    validateClusterIPs(spec, old?.spec, 'spec'),
    each(spec.externalIPs, 'spec.externalIPs', (ip, where) => {
      const errors = validateLegacyIP(where, ip, old?.spec.externalIPs);
      return errors.length > 0 ? errors : validateNonSpecialIP(ip, where);
    }),
    !type ? required('spec.type') : !TYPES.includes(type) && notSupported('spec.type', type, TYPES),
    validatePortClashes(ports, type, 'spec.ports'),
    validateSourceRanges(service, old),
    spec.allocateLoadBalancerNodePorts !== undefined &&
      type !== 'LoadBalancer' &&
      onlyForLoadBalancers('spec.allocateLoadBalancerNodePorts'),
    validateLoadBalancerClass(spec, 'spec.loadBalancerClass'),
    validateTraffic(spec, 'spec'),
  );
}

const onlyForLoadBalancers = (path: FieldPath): FieldError => forbiddenField(path, "may only be used when `type` is 'LoadBalancer'");

function validateByType(spec: ServiceSpec, path: FieldPath): FieldError[] {
  const {type, clusterIPs, ipFamilies, ipFamilyPolicy} = spec;
  if (type === 'LoadBalancer' || type === 'NodePort') {
    const message = `may not be set to 'None' for ${type} services`;
    return isHeadless(spec) ? [invalid(at(child(path, 'clusterIPs'), 0), 'None', message)] : [];
  }
  if (type !== 'ExternalName') return [];
  const refuse = (field: string) => forbiddenField(child(path, field), 'may not be set for ExternalName services');
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  return collect(
    clusterIPs?.length && refuse('clusterIPs'),
    ipFamilies?.length && refuse('ipFamilies'),
    ipFamilyPolicy !== undefined && refuse('ipFamilyPolicy'),
    name ? named(name, child(path, 'externalName'), isDNS1123Subdomain) : required(child(path, 'externalName')),
  );
}

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

function validatePorts(ports: readonly ServicePort[], path: FieldPath): FieldError[] {
  const names = new Set<string>();
  return each(ports, path, ({name, port = 0, protocol, targetPort, appProtocol}, where) => {
    const repeated = name && names.has(name);
    if (name) names.add(name);
    return collect(
      name ? named(name, child(where, 'name'), isDNS1123Label) : ports.length > 1 && required(child(where, 'name')),
      repeated && duplicate(child(where, 'name'), name),
      isPortNumber(port).map(message => invalid(child(where, 'port'), port, message)),
      !protocol
        ? required(child(where, 'protocol'))
        : !PROTOCOLS.includes(protocol) && notSupported(child(where, 'protocol'), protocol, PROTOCOLS),
      validatePort(targetPort, child(where, 'targetPort')),
      appProtocol !== undefined && named(appProtocol, child(where, 'appProtocol'), isQualifiedName),
    );
  });
}

/** No port twice, neither the Service's nor a node's; ClusterIP Services have none on nodes. */
function validatePortClashes(ports: readonly ServicePort[], type: string | undefined, path: FieldPath): FieldError[] {
  const seenBefore = (i: number, same: (other: ServicePort) => boolean): boolean => ports.slice(0, i).some(same);
  return collect(
    type === 'ClusterIP' &&
      each(ports, path, ({nodePort}, where) =>
        nodePort ? forbiddenField(child(where, 'nodePort'), "may not be used when `type` is 'ClusterIP'") : false,
      ),
    each(
      ports,
      path,
      ({nodePort, protocol}, where, i) =>
        nodePort &&
        seenBefore(i, other => other.nodePort === nodePort && other.protocol === protocol) &&
        duplicate(child(where, 'nodePort'), nodePort),
    ),
    each(
      ports,
      path,
      ({port, protocol}, where, i) =>
        seenBefore(i, other => other.port === port && other.protocol === protocol) &&
        duplicate(where, internalPort(port ?? 0, protocol ?? '')),
    ),
  );
}

/** As Go prints its internal type. */
const internalPort = (port: number, protocol: string) => ({
  Name: '',
  Protocol: protocol,
  AppProtocol: null,
  Port: port,
  TargetPort: 0,
  NodePort: 0,
});

const MAX_AFFINITY_SECONDS = 86400;

function validateAffinity({sessionAffinity, sessionAffinityConfig: config}: ServiceSpec, path: FieldPath): FieldError[] {
  if (sessionAffinity === 'None') return config ? [forbiddenField(path, 'must not be set when session affinity is None')] : [];
  if (sessionAffinity !== 'ClientIP') return [];
  const missing = (where: FieldPath) => [required(where, 'when session affinity type is ClientIP')];
  if (!config) return missing(path);
  if (!config.clientIP) return missing(child(path, 'clientIP'));
  const seconds = config.clientIP.timeoutSeconds;
  const where = child(path, 'clientIP', 'timeoutSeconds');
  if (seconds === undefined) return missing(where);
  if (seconds > 0 && seconds <= MAX_AFFINITY_SECONDS) return [];
  return [invalid(where, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`)];
}

const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';

function validateSourceRanges({metadata, spec}: Full, old: Full | undefined): FieldError[] {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0) {
    const path = 'spec.LoadBalancerSourceRanges';
    const before = (old?.spec.loadBalancerSourceRanges ?? []).map(range => range.trim());
    return collect(
      spec.type !== 'LoadBalancer' && onlyForLoadBalancers(path),
      each(ranges, path, (range, where) => validateLegacyCIDR(where, range.trim(), before)),
    );
  }
  const text = metadata.annotations?.[SOURCE_RANGES];
  if (text === undefined) return [];
  const path = at('metadata.annotations', SOURCE_RANGES);
  const changed = old?.metadata.annotations?.[SOURCE_RANGES] !== text && text.trim() !== '';
  return collect(
    spec.type !== 'LoadBalancer' && onlyForLoadBalancers(path),
    ...(changed ? text.trim().split(',') : []).map(range => validateLegacyCIDR(path, range.trim())),
  );
}

function validateLoadBalancerClass({type, loadBalancerClass: name}: ServiceSpec, path: FieldPath): FieldError[] {
  if (name === undefined) return [];
  return type === 'LoadBalancer' ? named(name, path, isQualifiedName) : [onlyForLoadBalancers(path)];
}

const TRAFFIC_POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

function validateTraffic(spec: ServiceSpec, path: FieldPath): FieldError[] {
  const {externalTrafficPolicy: external = '', internalTrafficPolicy: internal, trafficDistribution} = spec;
  const [externalPath, internalPath] = [child(path, 'externalTrafficPolicy'), child(path, 'internalTrafficPolicy')];
  return collect(
    !isExternallyAccessible(spec)
      ? external && invalid(externalPath, external, 'may only be set for externally-accessible services')
      : !external
        ? required(externalPath)
        : !TRAFFIC_POLICIES.includes(external) && notSupported(externalPath, external, TRAFFIC_POLICIES),
    validateHealthCheckPort(spec, child(path, 'healthCheckNodePort')),
    internal === undefined &&
      spec.type !== 'ExternalName' &&
      ['NodePort', 'LoadBalancer', 'ClusterIP'].includes(spec.type ?? '') &&
      required(internalPath),
    internal !== undefined && !TRAFFIC_POLICIES.includes(internal) && notSupported(internalPath, internal, TRAFFIC_POLICIES),
    trafficDistribution !== undefined &&
      !DISTRIBUTIONS.includes(trafficDistribution) &&
      notSupported(child(path, 'trafficDistribution'), trafficDistribution, DISTRIBUTIONS),
  );
}

function validateHealthCheckPort(spec: ServiceSpec, path: FieldPath): FieldError[] {
  const port = spec.healthCheckNodePort ?? 0;
  if (needsHealthCheck(spec)) return port === 0 ? [required(path)] : isPortNumber(port).map(message => invalid(path, port, message));
  return port === 0 ? [] : [invalid(path, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")];
}

/** PUT of a Service's status. */
export function validateServiceStatus({spec, status}: Full, old: Full): FieldError[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  const path = 'status.loadBalancer.ingress';
  if (spec.type !== 'LoadBalancer' && ingress.length > 0)
    return [forbiddenField(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  const before = (old.status?.loadBalancer?.ingress ?? []).flatMap(({ip}) => ip || []);
  return each(ingress, path, (each, where) => validateIngress(each, where, before));
}

const IP_MODES = ['Proxy', 'VIP'];

const validateIngress = ({ip = '', ipMode, hostname}: LoadBalancerIngress, path: FieldPath, before: readonly string[]): FieldError[] =>
  collect(
    ip && validateLegacyIP(child(path, 'ip'), ip, before),
    ipMode === undefined
      ? ip && required(child(path, 'ipMode'), 'must be specified when `ip` is set')
      : !ip
        ? forbiddenField(child(path, 'ipMode'), 'may not be specified when `ip` is not set')
        : !IP_MODES.includes(ipMode) && notSupported(child(path, 'ipMode'), ipMode, IP_MODES),
    hostname && named(hostname, child(path, 'hostname'), isDNS1123Subdomain),
    hostname && parseIP(hostname) && invalid(child(path, 'hostname'), hostname, 'must be a DNS name, not an IP address'),
  );
