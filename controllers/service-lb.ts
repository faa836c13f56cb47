import type {Service} from '../server/api/kinds.generated.ts';
import {services as serviceType} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';

const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
/** TEST-NET-3: addresses that reach nothing. */
const PREFIX = '203.0.113.';

/** A simulated cloud: gives addresses to Services of type LoadBalancer. Off by default, as without a cloud provider. */
export const serviceLoadBalancerController: ControllerDefinition = {
  name: 'service-lb-controller',
  alias: 'service',
  serviceAccount: 'service-controller',
  disabledByDefault: true,
  start(context) {
    const {client, events} = context;
    const services = context.informer(serviceType);
    const queue = context.queue();
    const ownWrites = createOwnWrites();
    const changed = (service: Service) => queue.add(keyOf(service));
    services.addHandler({added: changed, updated: changed});
    const addressesOf = ({status}: Service) => (status?.loadBalancer?.ingress ?? []).map(({ip}) => ip);
    const write = async (key: string, service: Service, subresource?: string) =>
      ownWrites.wrote(key, services, await client.update(serviceType, service, subresource ? {subresource} : {}));

    const release = async (key: string, service: Service) => {
      const {finalizers = []} = service.metadata;
      if (!finalizers.includes(FINALIZER)) return;
      if (addressesOf(service).length > 0) return write(key, {...service, status: {...service.status, loadBalancer: {}}}, 'status');
      await write(key, {...service, metadata: {...service.metadata, finalizers: finalizers.filter(other => other !== FINALIZER)}});
    };
    const reconcile = async (key: string) => {
      await ownWrites.shown(key);
      const service = services.get(key);
      if (!service) return;
      const isWanted = service.spec?.type === 'LoadBalancer' && !service.spec.loadBalancerClass && !service.metadata.deletionTimestamp;
      if (!isWanted) return release(key, service);
      const {finalizers = []} = service.metadata;
      if (!finalizers.includes(FINALIZER))
        return write(key, {...service, metadata: {...service.metadata, finalizers: [...finalizers, FINALIZER]}});
      if (addressesOf(service).length > 0) return;
      const target = {apiVersion: 'v1', kind: 'Service', metadata: service.metadata};
      events.record(target, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
      const taken = new Set(services.list().flatMap(addressesOf));
      const ip = service.spec?.loadBalancerIP || firstFree(taken);
      if (!ip) throw new Error('no load balancer address left');
      await write(key, {...service, status: {...service.status, loadBalancer: {ingress: [{ip, ipMode: 'VIP'}]}}}, 'status').catch(error => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
      events.record(target, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
    };
    return [context.run(queue, reconcile, {workers: 1})];
  },
};

function firstFree(taken: ReadonlySet<string | undefined>): string | undefined {
  for (let host = 1; host < 255; host++) if (!taken.has(PREFIX + host)) return PREFIX + host;
  return undefined;
}
