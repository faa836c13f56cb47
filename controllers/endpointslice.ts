import type {EndpointSlice, Service} from '../server/api/kinds.generated.ts';
import {nodes as nodeType, services as serviceType, endpointSlices as sliceType} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import {hintZones, wantsTopologyHints, zoneShareOf, zoneShares} from './endpointslice-hints.ts';
import type {EndpointGroup} from './endpointslice-plan.ts';
import {planSlices, podsWithoutNode, serviceGroups} from './endpointslice-plan.ts';
import {messageOf} from './replicaset.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import {HEADLESS, indexByService, MANAGED_BY, SERVICE_NAME, slicesOf, writeSlices} from './support/endpoint-slices.ts';
import {controllerReference} from './support/owners.ts';
import {createTriggerTimes, isHeadless, watchServicePods} from './support/service-pods.ts';

export const ENDPOINTSLICE_CONTROLLER = 'endpointslice-controller.k8s.io';

const BACKOFF = {base: 1000, max: 1_000_000};

/** Slices with the pods of every Service that has a selector (pkg/controller/endpointslice). */
export const endpointSliceController: ControllerDefinition = {
  name: 'endpointslice-controller',
  alias: 'endpointslice',
  component: 'endpoint-slice-controller',
  start(context) {
    const queue = context.queue(BACKOFF);
    const slices = context.informer(sliceType);
    const nodes = context.informer(nodeType);
    const {services, of} = watchServicePods(context, queue.add);
    const ownWrites = createOwnWrites();
    const triggerTimes = createTriggerTimes();
    // Services whose endpoints have hints by zone.
    const hints = new Set<string>();
    indexByService(slices);

    const changed = (slice: EndpointSlice) => {
      const service = slice.metadata.labels?.[SERVICE_NAME];
      if (service && slice.metadata.labels?.[MANAGED_BY] === ENDPOINTSLICE_CONTROLLER) queue.add(`${slice.metadata.namespace}/${service}`);
    };
    slices.addHandler({
      updated(slice, old) {
        changed(slice);
        if (old.metadata.labels?.[SERVICE_NAME] !== slice.metadata.labels?.[SERVICE_NAME]) changed(old);
      },
      deleted: changed,
    });
    // Endpoints carry their node's zone, and are left out while the node is not known; one that goes is noticed with the next change.
    nodes.addHandler({
      added() {
        for (const service of services.list()) queue.add(keyOf(service));
      },
      updated(node, old) {
        if (zoneShareOf(node) !== zoneShareOf(old)) for (const key of hints) queue.add(key);
      },
    });

    /** The groups with hints by zone, if the Service asks for them; says when it begins and ends to have some. */
    const hinted = (key: string, service: Service, addressType: string, groups: EndpointGroup[]): EndpointGroup[] => {
      const tell = (type: 'Normal' | 'Warning', what: 'Enabled' | 'Disabled', message: string) =>
        context.events.record(target(service), type, `TopologyAwareHints${what}`, `${message}, addressType: ${addressType}`);
      const had = hints.has(key);
      if (!wantsTopologyHints(service)) {
        if (hints.delete(key)) tell('Warning', 'Disabled', 'Topology Aware Hints has been disabled');
        return groups;
      }
      const all = hintZones(
        groups.flatMap(({endpoints}) => endpoints),
        zoneShares(nodes.list()),
      );
      if (typeof all === 'string') {
        hints.delete(key);
        tell('Warning', 'Disabled', all);
        return groups;
      }
      hints.add(key);
      if (!had) tell('Normal', 'Enabled', 'Topology Aware Hints has been enabled');
      return groups.map(group => ({...group, endpoints: all.splice(0, group.endpoints.length)}));
    };

    const fail = (service: Service, error: string): never => {
      const message = `Error updating Endpoint Slices for Service ${keyOf(service)}: ${error}`;
      context.events.record(target(service), 'Warning', 'FailedToUpdateEndpointSlices', message);
      throw new Error(message);
    };

    const reconcile = async (key: string) => {
      await ownWrites.shown(key);
      const service = services.get(key);
      // Without its Service, the slices are left to the garbage collector.
      if (!service) {
        hints.delete(key);
        return triggerTimes.forget(key);
      }
      if (!service.spec?.selector || service.spec.type === 'ExternalName') return;
      const own = slicesOf(slices, key, ENDPOINTSLICE_CONTROLLER).filter(({metadata}) => !metadata.deletionTimestamp);
      const pods = of(service);
      const triggerTime = triggerTimes.next(service, pods);
      const families = service.spec.ipFamilies ?? ['IPv4'];
      const labels = sliceLabels(service);
      const reference = controllerReference(serviceType as never, service);
      const owner = {key, metadata: service.metadata, reference, labels, triggerTime};
      for (const addressType of families) {
        const existing = own.filter(slice => slice.addressType === addressType);
        const ours = existing.filter(({metadata}) => metadata.ownerReferences?.some(({uid}) => uid === service.metadata.uid));
        const groups = hinted(
          key,
          service,
          addressType,
          serviceGroups(service, pods, addressType, name => nodes.get(name)),
        );
        const plan = planSlices(ours, groups, labels, true);
        plan.delete.push(...existing.filter(slice => !ours.includes(slice)));
        await writeSlices(context, plan, {...owner, addressType}, slices, ownWrites).catch(error => {
          if (isApiError(error, 'Conflict') || plan.create.length === 0) throw error;
          fail(service, `failed to create EndpointSlice for Service ${key}: ${messageOf(error)}`);
        });
      }
      const stale = own.filter(({addressType}) => !families.includes(addressType));
      await writeSlices(context, {create: [], update: [], delete: stale}, {...owner, addressType: ''}, slices, ownWrites);
      const skipped = podsWithoutNode(service, pods, name => nodes.get(name)).map(
        ({metadata, spec}) => `skipping Pod ${metadata.name} for Service ${key}: Node ${spec?.nodeName ?? ''} Not Found`,
      );
      if (skipped.length > 0) fail(service, skipped.length > 1 ? `[${skipped.join(', ')}]` : skipped[0]!);
    };
    return [context.run(queue, reconcile)];
  },
};

const target = ({metadata}: Service) => ({apiVersion: 'v1', kind: 'Service', metadata});

/** The Service's labels, apart from those that slices use themselves. */
function sliceLabels(service: Service): {[key: string]: string} {
  const {[SERVICE_NAME]: _name, [MANAGED_BY]: _manager, [HEADLESS]: _headless, ...labels} = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(isHeadless(service) && {[HEADLESS]: ''}),
    [SERVICE_NAME]: service.metadata.name!,
    [MANAGED_BY]: ENDPOINTSLICE_CONTROLLER,
  };
}
