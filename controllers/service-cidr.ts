import {cidrContains, parseCIDR, parseIP} from '../server/api/ip.ts';
import type {ServiceCIDR} from '../server/api/kinds.generated.ts';
import {ipaddresses as addressType, serviceCIDRs as rangeType} from '../server/api/resource-types.generated.ts';
import {formatTime} from '../server/api/time.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf} from './runtime/informer.ts';

const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';
const FIELD_MANAGER = 'service-cidr-controller';

/** Marks ranges of Service addresses ready, and holds them while addresses of theirs are in use (pkg/controller/servicecidrs). */
export const serviceCIDRController: ControllerDefinition = {
  name: 'service-cidr-controller',
  alias: 'service-cidr',
  serviceAccount: 'service-cidrs-controller',
  start(context) {
    const {client, clock} = context;
    const ranges = context.informer(rangeType);
    const addresses = context.informer(addressType);
    const queue = context.queue();
    ranges.addHandler({added: range => queue.add(keyOf(range)), updated: range => queue.add(keyOf(range)), deleted: () => all()});
    const all = () => ranges.list().forEach(range => void queue.add(keyOf(range)));
    addresses.addHandler({
      deleted: () =>
        ranges
          .list()
          .filter(({metadata}) => metadata.deletionTimestamp)
          .forEach(range => void queue.add(keyOf(range))),
    });

    const setReady = async (range: ServiceCIDR, status: string, reason: string, message: string) => {
      const known = range.status?.conditions?.find(({type}) => type === 'Ready');
      if (known?.status === status && known.reason === reason && known.message === message) return;
      const condition = {type: 'Ready', status, reason, message, lastTransitionTime: formatTime(clock.now())};
      const apply = {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'ServiceCIDR',
        metadata: {name: range.metadata.name},
        status: {conditions: [condition]},
      };
      await client.apply(rangeType, apply, {subresource: 'status', fieldManager: FIELD_MANAGER, force: true});
    };
    /** Addresses that only this range covers. */
    const isNeeded = (range: ServiceCIDR): boolean => {
      const others = ranges.list().filter(other => other !== range && !other.metadata.deletionTimestamp);
      return addresses.list().some(({metadata}) => covers(range, metadata.name!) && !others.some(other => covers(other, metadata.name!)));
    };
    const writeFinalizers = (range: ServiceCIDR, finalizers: string[]) =>
      client.update(rangeType, {...range, metadata: {...range.metadata, finalizers}});

    const reconcile = async (key: string) => {
      const range = ranges.get(key);
      if (!range) return;
      const {finalizers = [], deletionTimestamp} = range.metadata;
      if (!deletionTimestamp) {
        if (!finalizers.includes(FINALIZER)) await writeFinalizers(range, [...finalizers, FINALIZER]);
        return setReady(range, 'True', '', 'Kubernetes Service CIDR is ready');
      }
      if (isNeeded(range)) {
        return setReady(
          range,
          'False',
          'Terminating',
          'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
        );
      }
      if (finalizers.includes(FINALIZER))
        await writeFinalizers(
          range,
          finalizers.filter(other => other !== FINALIZER),
        );
    };
    return [context.run(queue, reconcile)];
  },
};

function covers({spec}: ServiceCIDR, address: string): boolean {
  const ip = parseIP(address);
  return (spec?.cidrs ?? []).some(text => {
    const range = parseCIDR(text);
    return range !== undefined && ip !== undefined && cidrContains(range, ip);
  });
}
