import type {Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR} from '../../api/kinds.generated.ts';
import {formatLabelSelector} from '../../api/selectors.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, age, column, formatIngressPoints, NAME, NONE} from '../printing.ts';

export const columns: ColumnsByKind = {
  Ingress: [
    NAME,
    column<Ingress>('Class', ({spec}) => spec?.ingressClassName ?? NONE),
    column<Ingress>('Hosts', printHosts),
    column<Ingress>('Address', ({status}) => formatIngressPoints(status?.loadBalancer?.ingress)),
    column<Ingress>('Ports', ({spec}) => (spec?.tls?.length ? '80, 443' : '80')),
    AGE,
  ],
  IngressClass: [
    NAME,
    column<IngressClass>('Controller', ({spec}) => spec?.controller ?? ''),
    column<IngressClass>(
      'Parameters',
      ({spec}) => {
        const {apiGroup, kind, name} = spec?.parameters ?? {};
        return spec?.parameters ? `${kind}${apiGroup ? `.${apiGroup}` : ''}/${name}` : NONE;
      },
      'IngressClassSpec.parameters',
    ),
    AGE,
  ],
  IPAddress: [
    NAME,
    column<IPAddress>(
      'ParentRef',
      ({spec}) => {
        if (!spec?.parentRef) return NONE;
        const {group, resource = '', namespace, name = ''} = spec.parentRef;
        return [(group ? `${resource}.${group}` : resource).toLowerCase(), ...(namespace ? [namespace] : []), name].join('/');
      },
      'IPAddressSpec.parentRef',
    ),
    // The real server sends an age for which it announces no column.
    column<IPAddress>('', ({metadata}, now) => age(metadata?.creationTimestamp, now)),
  ],
  NetworkPolicy: [
    NAME,
    column<NetworkPolicy>('Pod-Selector', ({spec}) => formatLabelSelector(spec?.podSelector), 'NetworkPolicySpec.podSelector'),
    AGE,
  ],
  ServiceCIDR: [NAME, column<ServiceCIDR>('CIDRs', ({spec}) => (spec?.cidrs ?? []).join(','), 'ServiceCIDRSpec.cidrs'), AGE],
};

function printHosts({spec}: Partial<Ingress>): string {
  const rules = spec?.rules ?? [];
  const hosts: string[] = [];
  for (const {host} of rules) {
    // Rules are counted, with host or without.
    if (hosts.length === 3) return `${hosts.join(',')} + ${rules.length - 3} more...`;
    if (host) hosts.push(host);
  }
  return hosts.join(',') || '*';
}
