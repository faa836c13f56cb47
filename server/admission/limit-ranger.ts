import type {Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod, PodSpec} from '../api/kinds.generated.ts';
import {compareQuantity, formatQuantity, milliValue, parseQuantity, toNumber} from '../api/quantity.ts';
import {aggregateContainerResources} from '../resources/core/pod/pod-resources.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refuse} from './admission.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

/** Fills in what a namespace's LimitRanges give to containers, and refuses what lies outside of them (plugin/pkg/admission/limitranger). */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  handles({operation, resource, subresource}) {
    if (resource.group !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return false;
    if (resource.resource === 'persistentvolumeclaims') return subresource === '';
    return resource.resource === 'pods' && (subresource === 'resize' || (subresource === '' && operation === 'CREATE'));
  },
  admit(request, lookup) {
    if (request.resource.resource !== 'pods' || request.subresource !== '') return;
    for (const limitRange of limitRanges(request, lookup)) fillDefaults(request.object as unknown as Pod, limitRange);
  },
  validate(request, lookup) {
    if (request.old?.metadata.deletionTimestamp !== undefined) return;
    const violations =
      request.resource.resource === 'pods'
        ? (item: LimitRangeItem) => podViolations(item, request.object as unknown as Pod)
        : (item: LimitRangeItem) => claimViolations(item, request.object as unknown as PersistentVolumeClaim);
    for (const {spec} of limitRanges(request, lookup)) {
      const found = [...new Set((spec?.limits ?? []).flatMap(violations))];
      if (found.length > 0) throw refuse(request, found.length === 1 ? found[0]! : `[${found.join(', ')}]`);
    }
  },
};

type Amounts = {readonly [name: string]: string} | undefined;

const limitRanges = ({namespace}: AdmissionRequest, lookup: AdmissionLookup): LimitRange[] =>
  lookup.list('', 'limitranges', namespace) as unknown as LimitRange[];

function fillDefaults(pod: Pod, {spec}: LimitRange): void {
  const items = (spec?.limits ?? []).filter(({type}) => type === 'Container');
  const limits = Object.assign({}, ...items.map(item => item.default));
  const requests = Object.assign({}, ...items.map(item => item.defaultRequest));
  const notes = [
    ...pod.spec.containers.flatMap(container => fillContainer(container, requests, limits, 'container')),
    ...(pod.spec.initContainers ?? []).flatMap(container => fillContainer(container, requests, limits, 'init container')),
  ];
  if (notes.length === 0) return;
  pod.metadata.annotations = {...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`};
}

/** Sets what the container leaves open; says what. */
function fillContainer(container: Container, requests: {[name: string]: string}, limits: {[name: string]: string}, what: string): string[] {
  const resources = container.resources ?? {};
  const missing = (of: Amounts, defaults: {[name: string]: string}) => Object.keys(defaults).filter(name => of?.[name] === undefined);
  const [newRequests, newLimits] = [missing(resources.requests, requests), missing(resources.limits, limits)];
  if (newLimits.length > 0) resources.limits = {...limits, ...resources.limits};
  if (newRequests.length > 0) resources.requests = {...requests, ...resources.requests};
  container.resources = resources;
  const note = (names: string[], kind: string) =>
    names.length > 0 ? [`${names.sort().join(', ')} ${kind} for ${what} ${container.name}`] : [];
  return [...note(newRequests, 'request'), ...note(newLimits, 'limit')];
}

function podViolations(item: LimitRangeItem, {spec}: Pod): string[] {
  if (item.type === 'Container') {
    return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({resources}) =>
      violations(item, resources?.requests, resources?.limits),
    );
  }
  if (item.type !== 'Pod') return [];
  return violations(item, podAmounts(spec, 'requests'), podAmounts(spec, 'limits'));
}

/** What the pod says of itself counts instead of the sum of its containers. */
function podAmounts(spec: PodSpec, which: 'requests' | 'limits'): {[name: string]: string} {
  const own = Object.entries(spec.resources?.[which] ?? {}).filter(([name]) => name === 'cpu' || name === 'memory');
  return {...aggregateContainerResources(spec, which), ...Object.fromEntries(own)};
}

/** Claims have requests only. */
function claimViolations(item: LimitRangeItem, {spec}: PersistentVolumeClaim): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const requests = spec?.resources?.requests;
  return [
    ...each(item.min, (name, enforced) => belowMinimum(item.type, name, enforced, requests, undefined)),
    ...each(item.max, (name, enforced) => {
      const start = `maximum ${name} usage per ${item.type} is ${text(enforced)}`;
      const request = requests?.[name];
      if (request === undefined) return `${start}.  No request is specified`;
      return compareQuantity(request, enforced) > 0 ? `${start}, but request is ${text(request)}` : undefined;
    }),
  ];
}

const violations = ({type, min, max, maxLimitRequestRatio}: LimitRangeItem, requests: Amounts, limits: Amounts): string[] => [
  ...each(min, (name, enforced) => belowMinimum(type, name, enforced, requests, limits)),
  ...each(max, (name, enforced) => aboveMaximum(type, name, enforced, requests, limits)),
  ...each(maxLimitRequestRatio, (name, enforced) => aboveRatio(type, name, enforced, requests?.[name], limits?.[name])),
];

const each = (amounts: Amounts, check: (name: string, enforced: string) => string | undefined): string[] =>
  Object.entries(amounts ?? {}).flatMap(([name, enforced]) => check(name, enforced) ?? []);

function belowMinimum(type: string, name: string, enforced: string, requests: Amounts, limits: Amounts): string | undefined {
  const start = `minimum ${name} usage per ${type} is ${text(enforced)}`;
  const [request, limit] = [requests?.[name], limits?.[name]];
  if (request === undefined) return `${start}.  No request is specified`;
  if (compareQuantity(request, enforced) < 0) return `${start}, but request is ${text(request)}`;
  if (limit !== undefined && compareQuantity(limit, enforced) < 0) return `${start}, but limit is ${text(limit)}`;
  return undefined;
}

function aboveMaximum(type: string, name: string, enforced: string, requests: Amounts, limits: Amounts): string | undefined {
  const start = `maximum ${name} usage per ${type} is ${text(enforced)}`;
  const [request, limit] = [requests?.[name], limits?.[name]];
  if (limit === undefined) return `${start}.  No limit is specified`;
  if (compareQuantity(limit, enforced) > 0) return `${start}, but limit is ${text(limit)}`;
  if (request !== undefined && compareQuantity(request, enforced) > 0) return `${start}, but request is ${text(request)}`;
  return undefined;
}

function aboveRatio(
  type: string,
  name: string,
  enforced: string,
  request: string | undefined,
  limit: string | undefined,
): string | undefined {
  const start = `${name} max limit to request ratio per ${type} is ${text(enforced)}`;
  if (request === undefined || milliValue(request) === 0) return `${start}, but no request is specified or request is 0`;
  if (limit === undefined || milliValue(limit) === 0) return `${start}, but no limit is specified or limit is 0`;
  const ratio = toNumber(limit) / toNumber(request);
  const most = toNumber(enforced);
  return ratio > most ? `${start}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}

const text = (amount: string): string => formatQuantity(parseQuantity(amount));
