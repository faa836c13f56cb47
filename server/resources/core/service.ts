import {warningsForCIDR, warningsForIP} from '../../api/ip.ts';
import type {Service, ServiceSpec} from '../../api/kinds.generated.ts';
import {nameIsDNSLabel} from '../../api/names.ts';
import type {Strategy} from '../resource.ts';
import {dropFieldsOfOldType, isExternallyAccessible} from './service-fields.ts';
import {validateNewService, validateServiceStatus, validateServiceUpdate} from './service-rules.ts';

type Full = Service & {spec: ServiceSpec};

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/apis/core/validation, pkg/registry/core/service; addresses and ports are given by storage. */
export const service: Strategy = {
  generation: 'none',
  returnDeletedObject: true,
  allowCreateOnUpdate: true,
  metadataOnUpdate: 'update',
  validateName: nameIsDNSLabel,
  defaults: object => setDefaults(object as Full),
  prepareForCreate(object) {
    object.status = {loadBalancer: {}};
  },
  prepareForUpdate(object, old) {
    const [{spec}, {spec: before}] = [object as Full, old as Full];
    dropFieldsOfOldType(spec, before);
    if (spec.type !== 'LoadBalancer') object.status = {...(object as Full).status, loadBalancer: {}};
  },
  validate: object => validateNewService(object as Full),
  validateUpdate: (object, old) => validateServiceUpdate(object as Full, old as Full),
  canonicalize(object) {
    const {spec} = object as Full;
    if (spec.type === 'ExternalName') delete spec.internalTrafficPolicy;
  },
  warnings: object => serviceWarnings(object as Full),
  subresources: {
    status: {
      validateUpdate: (object, old) => validateServiceStatus(object as Full, old as Full),
      warnings: object =>
        ((object as Full).status?.loadBalancer?.ingress ?? []).flatMap(({ip}, i) =>
          ip ? warningsForIP(`status.loadBalancer.ingress[${i}]`, ip) : [],
        ),
    },
  },
  fields: object => ({'spec.clusterIP': (object as Full).spec.clusterIP ?? '', 'spec.type': (object as Full).spec.type ?? ''}),
  unknownField: label => `field label not supported: ${label}`,
};

const DEFAULT_AFFINITY_SECONDS = 10800;
const WITH_CLUSTER_IP = ['NodePort', 'LoadBalancer', 'ClusterIP'];

function setDefaults(object: Full): void {
  object.spec ??= {};
  const {spec} = object;
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = {clientIP: {timeoutSeconds: DEFAULT_AFFINITY_SECONDS}};
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    port.targetPort ||= port.port ?? 0;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (WITH_CLUSTER_IP.includes(spec.type)) spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type !== 'LoadBalancer') return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of object.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
}

const HINTS = 'service.kubernetes.io/topology-aware-hints';
const MODE = 'service.kubernetes.io/topology-mode';

function serviceWarnings({metadata, spec}: Full): string[] {
  const {type, clusterIP, clusterIPs = [], externalIPs = [], loadBalancerIP, loadBalancerSourceRanges = []} = spec;
  const headless = type === 'ClusterIP' && clusterIP === 'None';
  const when = (condition: unknown, message: string): string[] => (condition ? [message] : []);
  return [
    ...when(metadata.annotations?.[HINTS] !== undefined, `annotation ${HINTS} is deprecated, please use ${MODE} instead`),
    ...(clusterIP && clusterIP !== 'None' ? clusterIPs.flatMap((ip, i) => warningsForIP(`spec.clusterIPs[${i}]`, ip)) : []),
    ...when(headless && loadBalancerIP, 'spec.loadBalancerIP is ignored for headless services'),
    ...when(headless && externalIPs.length > 0, 'spec.externalIPs is ignored for headless services'),
    ...when(headless && spec.sessionAffinity !== 'None', 'spec.SessionAffinity is ignored for headless services'),
    ...externalIPs.flatMap((ip, i) => warningsForIP(`spec.externalIPs[${i}]`, ip)),
    ...when(
      externalIPs.length > 0 && !headless && type !== 'ExternalName',
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    ),
    ...(loadBalancerIP ? warningsForIP('spec.loadBalancerIP', loadBalancerIP) : []),
    ...loadBalancerSourceRanges.flatMap((range, i) => warningsForCIDR(`spec.loadBalancerSourceRanges[${i}]`, range)),
    ...when(type === 'ExternalName' && externalIPs.length > 0, 'spec.externalIPs is ignored when spec.type is "ExternalName"'),
    ...when(type !== 'ExternalName' && spec.externalName, 'spec.externalName is ignored when spec.type is not "ExternalName"'),
    ...when(spec.trafficDistribution === 'PreferClose', 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'),
  ];
}
