import type {ResourceType} from '../../server/api/client.ts';
import type {Pod} from '../../server/api/kinds.generated.ts';
import {compareQuantity} from '../../server/api/quantity.ts';
import {
  csidrivers,
  csinodes,
  csiStorageCapacities,
  namespaces,
  persistentVolumeClaims,
  persistentVolumes,
  replicaSets,
  replicationControllers,
  services,
  statefulSets,
  storageClasses,
} from '../../server/api/resource-types.generated.ts';
import type {LabelRequirements} from '../../server/api/selectors.ts';
import {labelSelectorRequirements, labelSetRequirements, matchesLabels, selectsLabels} from '../../server/api/selectors.ts';
import type {Informers} from '../runtime/informers.ts';
import {createDevices} from './devices.ts';
import type {Lookup} from './framework.ts';

/** Looks objects up in informers. */
export function createLookup(informers: Informers): Lookup {
  const claims = informers.for(persistentVolumeClaims);
  const volumes = informers.for(persistentVolumes);
  const classes = informers.for(storageClasses);
  const csi = informers.for(csinodes);
  const spaces = informers.for(namespaces);
  const selectors = createSelectorLookup(informers);
  return {
    namespaceLabels: name => spaces.get(name)?.metadata.labels,
    claim: (namespace, name) => claims.get(`${namespace}/${name}`),
    volume: name => volumes.get(name),
    volumes: () => volumes.list(),
    storageClass: name => classes.get(name),
    volumeLimit: (node, driver) => csi.get(node)?.spec.drivers.find(({name}) => name === driver)?.allocatable?.count,
    hasStorage: createStorageLookup(informers),
    devices: createDevices(informers),
    defaultSelector: pod => selectors(pod),
  };
}

/** By the CSIStorageCapacities of drivers that publish them (VolumeBinding's hasEnoughCapacity). */
function createStorageLookup(informers: Informers): NonNullable<Lookup['hasStorage']> {
  const drivers = informers.for(csidrivers);
  const capacities = informers.for(csiStorageCapacities);
  return ({metadata, provisioner}, size, node) => {
    if (size === undefined || !drivers.get(provisioner)?.spec.storageCapacity) return true;
    return capacities.list().some(({storageClassName, nodeTopology, capacity, maximumVolumeSize}) => {
      const limit = maximumVolumeSize ?? capacity;
      if (storageClassName !== metadata.name || limit === undefined || compareQuantity(limit, size) < 0) return false;
      return nodeTopology !== undefined && selectsLabels(nodeTopology, node.labels);
    });
  };
}

/** The selectors of the pod's services and of the controller that owns it, together (helper.DefaultSelector). */
function createSelectorLookup(informers: Informers): Lookup['defaultSelector'] {
  const serviceInformer = informers.for(services);
  const owners = new Map<string, ReturnType<typeof selectorOf>>([
    ['ReplicaSet', selectorOf(informers, replicaSets)],
    ['StatefulSet', selectorOf(informers, statefulSets)],
    ['ReplicationController', selectorOf(informers, replicationControllers)],
  ]);
  return pod => {
    const {namespace, labels = {}, ownerReferences = []} = pod.metadata;
    const requirements: LabelRequirements[] = [];
    for (const {spec} of serviceInformer.list(namespace)) {
      if (!spec?.selector || Object.keys(spec.selector).length === 0) continue;
      const selector = labelSetRequirements(spec.selector);
      if (matchesLabels(selector, labels)) requirements.push(selector);
    }
    const owner = ownerReferences.find(({controller}) => controller);
    const selector = owner && owners.get(owner.kind)?.(`${namespace}/${owner.name}`);
    if (selector) requirements.push(selector);
    const all = requirements.flat();
    if (all.length === 0) return undefined;
    return {key: JSON.stringify(all), matches: other => matchesLabels(all, other)};
  };
}

interface Selecting {
  metadata: Pod['metadata'];
  spec?: {selector?: unknown};
}

function selectorOf<T extends Selecting>(informers: Informers, type: ResourceType<T>): (key: string) => LabelRequirements | undefined {
  const informer = informers.for(type);
  return key => {
    const selector = informer.get(key)?.spec?.selector;
    if (!selector) return undefined;
    if (type.resource === 'replicationcontrollers') return labelSetRequirements(selector as {[key: string]: string});
    return labelSelectorRequirements(selector);
  };
}
