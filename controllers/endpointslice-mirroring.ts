import equal from 'fast-deep-equal';
import {familyOf} from '../server/api/ip.ts';
import type {Endpoint, EndpointAddress, EndpointSlice, EndpointSubset, Endpoints, Service} from '../server/api/kinds.generated.ts';
import {endpoints as endpointsType, services as serviceType, endpointSlices as sliceType} from '../server/api/resource-types.generated.ts';
import type {SlicePlan} from './endpointslice-plan.ts';
import {portsKey} from './endpointslice-plan.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import {HEADLESS, indexByService, MANAGED_BY, SERVICE_NAME, slicesOf, writeSlices} from './support/endpoint-slices.ts';
import {controllerReference} from './support/owners.ts';
import {TRIGGER_TIME} from './support/service-pods.ts';

const CONTROLLER = 'endpointslicemirroring-controller.k8s.io';
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const MAX_ADDRESSES = 1000;

/** Mirrors Endpoints that somebody made for a Service without selector into slices (pkg/controller/endpointslicemirroring). */
export const endpointSliceMirroringController: ControllerDefinition = {
  name: 'endpointslice-mirroring-controller',
  alias: 'endpointslicemirroring',
  serviceAccount: 'endpointslicemirroring-controller',
  component: 'endpoint-slice-mirroring-controller',
  start(context) {
    const queue = context.queue();
    const endpoints = context.informer(endpointsType);
    const services = context.informer(serviceType);
    const slices = context.informer(sliceType);
    const ownWrites = createOwnWrites();
    indexByService(slices);
    const changed = (object: Endpoints | Service) => queue.add(keyOf(object));
    endpoints.addHandler({added: changed, updated: changed, deleted: changed});
    services.addHandler({added: changed, updated: changed, deleted: changed});
    const sliceChanged = ({metadata}: EndpointSlice) => {
      const service = metadata.labels?.[SERVICE_NAME];
      if (service && metadata.labels?.[MANAGED_BY] === CONTROLLER) queue.add(`${metadata.namespace}/${service}`);
    };
    slices.addHandler({updated: sliceChanged, deleted: sliceChanged});

    const reconcile = async (key: string) => {
      await ownWrites.shown(key);
      const source = endpoints.get(key);
      const existing = slicesOf(slices, key, CONTROLLER);
      const service = services.get(key);
      const isWanted = source && isMirrored(source) && service && !service.spec?.selector;
      if (!isWanted) {
        // Slices of Endpoints that are gone are left to the garbage collector.
        if (!source || existing.length === 0) return;
        const owner = {
          key,
          metadata: source.metadata,
          reference: controllerReference(endpointsType as never, source),
          labels: {},
          addressType: '',
        };
        return writeSlices(context, {create: [], update: [], delete: existing}, owner, slices, ownWrites);
      }
      const {plans, invalid, skipped} = planMirror(source, existing);
      const target = {apiVersion: 'v1', kind: 'Endpoints', metadata: source.metadata};
      if (invalid > 0)
        context.events.record(
          target,
          'Warning',
          'InvalidIPAddress',
          `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`,
        );
      if (skipped > 0) {
        const message = `A max of ${MAX_ADDRESSES} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`;
        context.events.record(target, 'Warning', 'TooManyAddressesToMirror', message);
      }
      const reference = controllerReference(endpointsType as never, source);
      const annotations = mirroredAnnotations(source);
      for (const [addressType, plan] of plans) {
        const owner = {key, metadata: source.metadata, reference, labels: mirroredLabels(source), annotations, addressType};
        await writeSlices(context, plan, owner, slices, ownWrites);
      }
    };
    return [context.run(queue, reconcile)];
  },
};

const isMirrored = ({metadata}: Endpoints): boolean =>
  metadata.labels?.[SKIP_MIRROR] !== 'true' && !(LEADER in (metadata.annotations ?? {})) && !metadata.deletionTimestamp;

function mirroredLabels({metadata}: Endpoints): {[key: string]: string} {
  const {[HEADLESS]: _headless, ...labels} = metadata.labels ?? {};
  return {...labels, [SERVICE_NAME]: metadata.name!, [MANAGED_BY]: CONTROLLER};
}

function mirroredAnnotations({metadata}: Endpoints): {[key: string]: string} {
  const {[LAST_APPLIED]: _applied, [TRIGGER_TIME]: _time, ...annotations} = metadata.annotations ?? {};
  return annotations;
}

/** One slice for each address type and set of ports. */
export function planMirror(
  source: Endpoints,
  existing: readonly EndpointSlice[],
): {plans: Map<string, SlicePlan>; invalid: number; skipped: number} {
  const plans = new Map<string, SlicePlan>(['IPv4', 'IPv6'].map(type => [type, {create: [], update: [], delete: []}]));
  let [invalid, skipped] = [0, 0];
  const left = new Set(existing);
  for (const [addressType, plan] of plans) {
    const groups = new Map<string, {ports: EndpointSlice['ports']; endpoints: Endpoint[]}>();
    for (const subset of source.subsets ?? []) {
      const key = portsKey(subset.ports);
      const group = groups.get(key) ?? {ports: mirrorPorts(subset), endpoints: []};
      groups.set(key, group);
      group.endpoints.push(...mirrorSubset(subset, addressType));
    }
    for (const [key, {ports = [], endpoints}] of groups) {
      const own = existing.filter(slice => slice.addressType === addressType && portsKey(slice.ports) === key);
      if (endpoints.length === 0) continue;
      const [first] = own;
      if (first) left.delete(first);
      const labels = mirroredLabels(source);
      const isSame = first && equal(first.endpoints ?? [], endpoints) && equal(first.metadata.labels, labels);
      if (!first) plan.create.push({ports, endpoints});
      else if (!isSame) plan.update.push({...first, metadata: {...first.metadata, labels}, endpoints});
    }
  }
  for (const subset of source.subsets ?? []) {
    const addresses = [...(subset.addresses ?? []), ...(subset.notReadyAddresses ?? [])];
    invalid += addresses.filter(({ip}) => familyOf(ip) === undefined).length;
    skipped += Math.max(0, addresses.length - MAX_ADDRESSES);
  }
  for (const slice of left) plans.get(slice.addressType)?.delete.push(slice);
  for (const plan of plans.values()) recycle(plan, mirroredLabels(source));
  return {plans, invalid, skipped};
}

/** Slices that would go are used again for new ones. */
function recycle(plan: SlicePlan, labels: {[key: string]: string}): void {
  while (plan.create.length > 0 && plan.delete.length > 0) {
    const slice = plan.delete.shift()!;
    plan.update.push({...slice, metadata: {...slice.metadata, labels}, ...plan.create.pop()!});
  }
}

const mirrorPorts = ({ports = []}: EndpointSubset): EndpointSlice['ports'] =>
  ports.map(({name = '', port, protocol, appProtocol}) => ({name, port, protocol, ...(appProtocol !== undefined && {appProtocol})}));

function mirrorSubset({addresses = [], notReadyAddresses = []}: EndpointSubset, addressType: string): Endpoint[] {
  const family = addressType === 'IPv6' ? 6 : 4;
  const all = [...addresses.map(address => ({address, ready: true})), ...notReadyAddresses.map(address => ({address, ready: false}))];
  return all
    .slice(0, MAX_ADDRESSES)
    .filter(({address}) => familyOf(address.ip) === family)
    .map(({address, ready}) => mirrorAddress(address, ready));
}

const mirrorAddress = ({ip, hostname, nodeName, targetRef}: EndpointAddress, ready: boolean): Endpoint => ({
  addresses: [ip],
  conditions: {ready},
  ...(hostname && {hostname}),
  ...(targetRef && {targetRef}),
  ...(nodeName && {nodeName}),
});
