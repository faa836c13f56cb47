import type {ServicePort, ServiceSpec} from '../../api/kinds.generated.ts';
import {semanticEqual} from '../rules.ts';

/** What the type of a Service makes of its fields (pkg/api/service, pkg/registry/core/service/strategy.go). */

/** May it be reached from outside the cluster? */
export const isExternallyAccessible = ({type, externalIPs}: ServiceSpec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && (externalIPs?.length ?? 0) > 0);

/** Load balancers have to be told on which nodes its endpoints are. */
export const needsHealthCheck = ({type, externalTrafficPolicy}: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

export const isHeadless = ({clusterIPs}: ServiceSpec): boolean => clusterIPs?.length === 1 && clusterIPs[0] === 'None';

const mayHaveNodePorts = ({type}: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';

/**
 * A Service that changes its type need not take back what only the old type has: fields that the client left as they were go by themselves.
 */
export function dropFieldsOfOldType(spec: ServiceSpec, old: ServiceSpec): void {
  const same = (...fields: (keyof ServiceSpec)[]): boolean => fields.every(field => semanticEqual(spec[field], old[field]));
  const drop = (...fields: (keyof ServiceSpec)[]): void => {
    for (const field of fields) delete spec[field];
  };
  if (old.type !== 'ExternalName' && spec.type === 'ExternalName') {
    if (same('clusterIP', 'clusterIPs')) drop('clusterIP', 'clusterIPs');
    if (same('ipFamilies')) drop('ipFamilies');
    if (same('ipFamilyPolicy')) drop('ipFamilyPolicy');
  }
  if (mayHaveNodePorts(old) && !mayHaveNodePorts(spec) && hasNoNewNodePorts(spec, old))
    for (const port of spec.ports ?? []) delete port.nodePort;
  if (needsHealthCheck(old) && !needsHealthCheck(spec) && same('healthCheckNodePort')) drop('healthCheckNodePort');
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (same('allocateLoadBalancerNodePorts')) drop('allocateLoadBalancerNodePorts');
    if (same('loadBalancerClass')) drop('loadBalancerClass');
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec) && same('externalTrafficPolicy')) drop('externalTrafficPolicy');
}

const nodePorts = (ports: readonly ServicePort[] | undefined): number[] => (ports ?? []).flatMap(({nodePort}) => nodePort || []);

const hasNoNewNodePorts = (spec: ServiceSpec, old: ServiceSpec): boolean => {
  const before = nodePorts(old.ports);
  return nodePorts(spec.ports).every(port => before.includes(port));
};
