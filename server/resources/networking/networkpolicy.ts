import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, invalid, required} from '../../api/field.ts';
import {cidrContains, parseCIDR, validateLegacyCIDR, warningsForCIDR} from '../../api/ip.ts';
import type {IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec} from '../../api/kinds.generated.ts';
import {isPortName, isPortNumber} from '../../api/names.ts';
import {jsonEqual} from '../../patch/equal.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, oneOf, validateLabelSelector} from '../rules.ts';

/** Upstream: pkg/apis/networking/v1/defaults.go, pkg/apis/networking/validation, pkg/registry/networking/networkpolicy. */
export const networkPolicy: Strategy = {
  defaults: object => setDefaults(specOf(object as NetworkPolicy)),
  validate: object => validateSpec(specOf(object as NetworkPolicy), 'spec', []),
  validateUpdate: (object, old) => validateSpec(specOf(object as NetworkPolicy), 'spec', cidrs(specOf(old as NetworkPolicy))),
  generation: (object, old) => !jsonEqual(object.spec, old.spec),
  metadataOnUpdate: 'update',
  warnings(object, old) {
    const before = old ? cidrs(specOf(old as NetworkPolicy)) : [];
    return placedCIDRs(specOf(object as NetworkPolicy), 'spec')
      .filter(({value}) => !before.includes(value))
      .flatMap(({path, value}) => warningsForCIDR(path, value));
  },
};

const specOf = (policy: NetworkPolicy): NetworkPolicySpec => policy.spec ?? ({} as NetworkPolicySpec);

function setDefaults(spec: NetworkPolicySpec): void {
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
  }
  if ((spec.policyTypes ?? []).length === 0) {
    spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  }
}

interface PlacedCIDR {
  readonly path: FieldPath;
  readonly value: string;
}

/** Every CIDR of a policy and where it stands. */
function placedCIDRs(spec: NetworkPolicySpec, path: FieldPath): PlacedCIDR[] {
  const ofPeers = (peers: readonly NetworkPolicyPeer[] | undefined, at: FieldPath): PlacedCIDR[] =>
    (peers ?? []).flatMap(({ipBlock}, i) => {
      if (!ipBlock) return [];
      const here = child(`${at}[${i}]`, 'ipBlock');
      const excepted = (ipBlock.except ?? []).map((value, j) => ({path: `${child(here, 'except')}[${j}]`, value}));
      return [{path: child(here, 'cidr'), value: ipBlock.cidr}, ...excepted];
    });
  return [
    ...(spec.ingress ?? []).flatMap((rule, i) => ofPeers(rule.from, `${child(path, 'ingress')}[${i}].from`)),
    ...(spec.egress ?? []).flatMap((rule, i) => ofPeers(rule.to, `${child(path, 'egress')}[${i}].to`)),
  ];
}

const cidrs = (spec: NetworkPolicySpec): string[] => placedCIDRs(spec, '').map(({value}) => value);

const POLICY_TYPES = ['Ingress', 'Egress'];

function validateSpec(spec: NetworkPolicySpec, path: FieldPath, oldCIDRs: readonly string[]): FieldError[] {
  const types = spec.policyTypes ?? [];
  const ofTypes = child(path, 'policyTypes');
  return collect(
    validateLabelSelector(spec.podSelector, child(path, 'podSelector')),
    each(spec.ingress, child(path, 'ingress'), (rule, at) => validateRule(rule.ports, rule.from, at, 'from', oldCIDRs)),
    each(spec.egress, child(path, 'egress'), (rule, at) => validateRule(rule.ports, rule.to, at, 'to', oldCIDRs)),
    types.length > POLICY_TYPES.length
      ? invalid(ofTypes, types, 'may not specify more than two policyTypes')
      : each(types, ofTypes, (type, at) => oneOf(type, at, POLICY_TYPES)),
  );
}

const validateRule = (
  ports: readonly NetworkPolicyPort[] | undefined,
  peers: readonly NetworkPolicyPeer[] | undefined,
  path: FieldPath,
  peersField: 'from' | 'to',
  oldCIDRs: readonly string[],
): FieldError[] =>
  collect(
    each(ports, child(path, 'ports'), validatePort),
    each(peers, child(path, peersField), (peer, at) => validatePeer(peer, at, oldCIDRs)),
  );

function validatePort({protocol, port, endPort}: NetworkPolicyPort, path: FieldPath): FieldError[] {
  const [ofPort, ofEnd] = [child(path, 'port'), child(path, 'endPort')];
  const badProtocol = protocol !== undefined && oneOf(protocol, child(path, 'protocol'), ['TCP', 'UDP', 'SCTP']);
  if (port === undefined) {
    return collect(badProtocol, endPort !== undefined && invalid(ofEnd, endPort, 'may not be specified when `port` is not specified'));
  }
  if (typeof port === 'string') {
    return collect(
      badProtocol,
      endPort !== undefined && invalid(ofEnd, endPort, 'may not be specified when `port` is non-numeric'),
      isPortName(port).map(message => invalid(ofPort, port, message)),
    );
  }
  return collect(
    badProtocol,
    isPortNumber(port).map(message => invalid(ofPort, port, message)),
    endPort !== undefined && endPort < port && invalid(ofEnd, port, 'must be greater than or equal to `port`'),
    endPort !== undefined && isPortNumber(endPort).map(message => invalid(ofEnd, endPort, message)),
  );
}

function validatePeer(
  {podSelector, namespaceSelector, ipBlock}: NetworkPolicyPeer,
  path: FieldPath,
  oldCIDRs: readonly string[],
): FieldError[] {
  const count = [podSelector, namespaceSelector, ipBlock].filter(Boolean).length;
  return collect(
    validateLabelSelector(podSelector, child(path, 'podSelector')),
    validateLabelSelector(namespaceSelector, child(path, 'namespaceSelector')),
    ipBlock && validateIPBlock(ipBlock, child(path, 'ipBlock'), oldCIDRs),
    count === 0 && required(path, 'must specify a peer'),
    count > 1 && ipBlock && forbiddenField(path, 'may not specify both ipBlock and another peer'),
  );
}

function validateIPBlock({cidr, except}: IPBlock, path: FieldPath, oldCIDRs: readonly string[]): FieldError[] {
  if (!cidr) return [required(child(path, 'cidr'))];
  const outer = parseCIDR(cidr);
  const errors = validateLegacyCIDR(child(path, 'cidr'), cidr, oldCIDRs);
  if (!outer) return errors;
  const excepted = each(except, child(path, 'except'), (text, at) => {
    const inner = parseCIDR(text);
    const inside = inner && cidrContains(outer, inner.ip) && outer.length < inner.length;
    return collect(validateLegacyCIDR(at, text, oldCIDRs), inner && !inside && invalid(at, text, 'must be a strict subset of `cidr`'));
  });
  return [...errors, ...excepted];
}
