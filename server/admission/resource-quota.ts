import type {Container, Pod, PodSpec, ResourceQuota} from '../api/kinds.generated.ts';
import {formatGroupResource} from '../api/object.ts';
import {addResources, type ResourceList} from '../api/pod-resources.ts';
import {compareQuantity, formatQuantity, parseQuantity, quantitySign, subtractQuantity} from '../api/quantity.ts';
import {isInScopes, quotaUsage, resourceOfQuota} from '../api/quota.ts';
import {resourceQuotas} from '../api/resource-types.generated.ts';
import {isApiError} from '../api/status.ts';
import {isPodLevelResource} from '../resources/core/pod/pod-resources.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refuse} from './admission.ts';

const IGNORED = new Set([
  'bindings',
  'events',
  'events.events.k8s.io',
  'tokenreviews.authentication.k8s.io',
  'selfsubjectreviews.authentication.k8s.io',
  'subjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
]);

/** Where the size of an object changes besides. */
const SIZES = new Set(['pods/resize', 'persistentvolumeclaims/status']);

/** Whose size can change after they were made. */
const UPDATED = new Set(['services', 'persistentvolumeclaims']);

/**
 * Charges what an object uses to the quotas of its namespace, before it is stored; what does not fit is refused
 * (k8s.io/apiserver/pkg/admission/plugin/resourcequota). One request of a namespace after the other, so that no two take the same rest.
 */
export function createResourceQuota(): AdmissionPlugin {
  const queues = new Map<string, Promise<void>>();
  return {
    name: 'ResourceQuota',
    handles({operation, resource, subresource, namespace}) {
      if (namespace === '' || resource.resource === 'namespaces') return false;
      const name = formatGroupResource(resource);
      if (subresource !== '') return operation === 'UPDATE' && SIZES.has(`${name}/${subresource}`);
      return (operation === 'CREATE' || (operation === 'UPDATE' && UPDATED.has(name))) && !IGNORED.has(name);
    },
    validate(request, lookup) {
      const {namespace} = request;
      const waiting = queues.get(namespace);
      if (waiting === undefined && !lookup.has('', 'resourcequotas', namespace)) return;
      const done = (waiting ?? Promise.resolve()).then(() => charge(request, lookup));
      const settled = done.then(
        () => {},
        () => {},
      );
      queues.set(namespace, settled);
      settled.then(() => queues.get(namespace) === settled && queues.delete(namespace));
      return done;
    },
  };
}

/** What a request adds to one quota. */
interface Charge {
  readonly quota: ResourceQuota;
  readonly used: ResourceList;
}

/** Again from the start for the quotas that somebody else wrote in the meantime. */
async function charge(request: AdmissionRequest, lookup: AdmissionLookup): Promise<void> {
  const paid = new Set<string>();
  for (;;) {
    const charges = chargesOf(request, lookup, paid);
    if (charges.length === 0 || request.dryRun) return;
    for (const {quota, used} of charges) {
      try {
        await lookup.client.update(resourceQuotas, {...quota, status: {...quota.status, used}}, {subresource: 'status'});
        paid.add(quota.metadata.uid!);
      } catch (error) {
        if (!isApiError(error, 'Conflict', 'NotFound')) throw error;
      }
    }
  }
}

/** The quotas that the request changes, but for those it has `paid`; throws where one of them does not allow it. */
function chargesOf(request: AdmissionRequest, lookup: AdmissionLookup, paid: ReadonlySet<string>): Charge[] {
  const {resource, object, old} = request;
  const quotas = lookup.list('', 'resourcequotas', request.namespace) as unknown as ResourceQuota[];
  const pertinent = quotas.flatMap(quota => {
    const names = Object.keys(quota.status?.hard ?? {}).filter(name => counts(name, request));
    if (names.length === 0 || paid.has(quota.metadata.uid!) || !isInScopes(quota, resource, object!)) return [];
    checkAmounts(request, quota, names);
    return [{quota, names}];
  });
  if (pertinent.length === 0) return [];
  const now = lookup.clock.now();
  const usage = quotaUsage(resource, object!, now);
  const before = old && quotaUsage(resource, old, now);
  return pertinent.flatMap(({quota, names}) => {
    const delta = before && isInScopes(quota, resource, old!) ? rise(usage, before) : usage;
    const requested = pick(delta, names);
    for (const [name, amount] of Object.entries(requested)) if (quantitySign(amount) === 0) delete requested[name];
    if (Object.keys(requested).length === 0) return [];
    const used = addResources(quota.status!.used as ResourceList, requested);
    checkLimits(request, quota, requested, used);
    return [{quota, used}];
  });
}

/** Does a quota name count objects of the request's resource? */
function counts(name: string, {resource}: AdmissionRequest): boolean {
  const counted = resourceOfQuota(name);
  return counted?.resource === resource.resource && counted.group === resource.group;
}

const MUST_BE_SET = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/** Where amounts are limited, containers have to name theirs; and the present usage has to be known. */
function checkAmounts(request: AdmissionRequest, {metadata, status}: ResourceQuota, names: readonly string[]): void {
  const limited = names.filter(name => MUST_BE_SET.includes(name)).sort();
  const {spec} = request.object as unknown as Pod;
  if (request.resource.resource === 'pods' && request.resource.group === '' && !hasOwnAmounts(spec)) {
    const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
    const missing = limited.flatMap(name => {
      const silent = containers.filter(container => amountOf(container, name) === undefined).map(container => container.name);
      return silent.length > 0 ? [`${name} for: ${silent.sort().join(',')}`] : [];
    });
    if (missing.length > 0) throw refuse(request, `failed quota: ${metadata.name}: must specify ${missing.join('; ')}`);
  }
  if (names.some(name => status?.used?.[name] === undefined)) {
    throw refuse(request, `status unknown for quota: ${metadata.name}, resources: ${[...names].sort().join(',')}`);
  }
}

/** Does the pod say what all its containers take together? */
const hasOwnAmounts = ({resources}: PodSpec): boolean =>
  Object.keys({...resources?.requests, ...resources?.limits}).some(isPodLevelResource);

function amountOf({resources}: Container, name: string): string | undefined {
  const [kind, resource] = name.includes('.') ? (name.split('.') as ['requests' | 'limits', string]) : (['requests', name] as const);
  return resources?.[kind]?.[resource];
}

/** By how much the usage rises, by name. */
const rise = (now: ResourceList, before: ResourceList): ResourceList =>
  Object.fromEntries(
    Object.entries(now).map(([name, amount]) => {
      const more = subtractQuantity(amount, before[name] ?? '0');
      return [name, quantitySign(more) > 0 ? more : '0'];
    }),
  );

function checkLimits(request: AdmissionRequest, {metadata, status}: ResourceQuota, requested: ResourceList, used: ResourceList): void {
  const hard = status!.hard as ResourceList;
  const exceeded = Object.keys(requested).filter(name => compareQuantity(used[name]!, hard[name]!) > 0);
  if (exceeded.length === 0) return;
  const [asked, before, limit] = [requested, status!.used as ResourceList, hard].map(list => printed(pick(list, exceeded)));
  throw refuse(request, `exceeded quota: ${metadata.name}, requested: ${asked}, used: ${before}, limited: ${limit}`);
}

const pick = (list: ResourceList, names: readonly string[]): ResourceList =>
  Object.fromEntries(names.filter(name => list[name] !== undefined).map(name => [name, list[name]!]));

const printed = (list: ResourceList): string =>
  Object.keys(list)
    .sort()
    .map(name => `${name}=${formatQuantity(parseQuantity(list[name]!))}`)
    .join(',');
