import type {Strategy} from '../resource.ts';
import {ingress} from './ingress.ts';
import {ingressClass} from './ingressclass.ts';
import {ipAddress} from './ipaddress.ts';
import {networkPolicy} from './networkpolicy.ts';
import {serviceCIDR} from './servicecidr.ts';

/** Rules of the networking.k8s.io group by kind. */
export const networking: {readonly [kind: string]: Strategy} = {
  IPAddress: ipAddress,
  Ingress: ingress,
  IngressClass: ingressClass,
  NetworkPolicy: networkPolicy,
  ServiceCIDR: serviceCIDR,
};
