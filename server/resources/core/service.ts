import {required} from '../../api/field.ts';
import type {Service, ServiceSpec} from '../../api/kinds.generated.ts';
import {isDNS1035Label} from '../../api/names.ts';
import type {Strategy} from '../resource.ts';

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/registry/core/service. */
export const service: Strategy = {
  validateName: (name, prefix) => isDNS1035Label(prefix && name.endsWith('-') ? `${name.slice(0, -2)}a` : name),
  generation: 'none',
  defaults: object => defaultService(object as unknown as Service),
  prepareForCreate(object) {
    object.status = {loadBalancer: {}};
  },
  validate(object) {
    const {spec} = object as unknown as Service;
    return spec.type !== 'ExternalName' && spec.clusterIP !== 'None' && !spec.ports?.length ? [required('spec.ports')] : [];
  },
  allowCreateOnUpdate: true,
  returnDeletedObject: true,
  selectableFields: ['spec.clusterIP', 'spec.type'],
  fields(object) {
    const {clusterIP = '', type = ''} = (object as unknown as Service).spec;
    return {'spec.clusterIP': clusterIP, 'spec.type': type};
  },
  unknownField: label => `field label not supported: ${label}`,
};

function defaultService({spec}: Service): void {
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'ClientIP') spec.sessionAffinityConfig ??= {clientIP: {timeoutSeconds: 10800}};
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  defaultTraffic(spec);
}

function defaultTraffic(spec: ServiceSpec): void {
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs?.length ?? 0) > 0;
  if (external) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}
