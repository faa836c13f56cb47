import type {Pod, Toleration} from '../api/kinds.generated.ts';
import {forbidden} from '../api/status.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refuse} from './admission.ts';

const isPod = ({resource, subresource}: AdmissionRequest): boolean =>
  resource.group === '' && resource.resource === 'pods' && subresource === '';

const podOf = ({object}: AdmissionRequest): Pod => object as unknown as Pod;

const HOSTNAME = 'kubernetes.io/hostname';

/** Nobody keeps whole zones to themselves (plugin/pkg/admission/antiaffinity). Off by default. */
export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  handles: request => (request.operation === 'CREATE' || request.operation === 'UPDATE') && isPod(request),
  validate(request) {
    const {metadata, spec} = podOf(request);
    const terms = spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const other = terms.find(({topologyKey}) => topologyKey !== HOSTNAME);
    if (other) {
      const why = `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${other.topologyKey} but only key ${HOSTNAME} is allowed`;
      throw forbidden(request.resource, metadata.name ?? '', why);
    }
  },
};

/** Pods that use a device tolerate the taint of its name (plugin/pkg/admission/extendedresourcetoleration). Off by default. */
export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  handles: request => (request.operation === 'CREATE' || request.operation === 'UPDATE') && isPod(request),
  admit(request) {
    const {spec} = podOf(request);
    const used = [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({resources}) => Object.keys(resources?.requests ?? {}));
    for (const key of [...new Set(used)].filter(isExtended).sort())
      spec.tolerations = [...(spec.tolerations ?? []).filter(own => !isFor(own, key)), {key, operator: 'Exists', effect: 'NoSchedule'}];
  },
};

/** Of a domain that is not Kubernetes' own. */
const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');

const isFor = ({key, effect, operator}: Toleration, wanted: string): boolean =>
  key === wanted && effect === 'NoSchedule' && operator === 'Exists';

const NODE_SELECTOR = 'scheduler.alpha.kubernetes.io/node-selector';

/** Pods stay on the nodes of their namespace, which its annotation names (plugin/pkg/admission/podnodeselector). Off by default. */
export const podNodeSelector: AdmissionPlugin = {
  name: 'PodNodeSelector',
  handles: request => request.operation === 'CREATE' && isPod(request),
  admit(request, lookup) {
    const {metadata, spec} = podOf(request);
    const wanted = namespaceSelector(request, lookup);
    const own = spec.nodeSelector ?? {};
    const conflict = Object.entries(wanted).some(([key, value]) => Object.hasOwn(own, key) && own[key] !== value);
    if (conflict)
      throw forbidden(request.resource, metadata.name ?? '', 'pod node label selector conflicts with its namespace node label selector');
    if (Object.keys(wanted).length > 0) spec.nodeSelector = {...wanted, ...own};
  },
};

/** `a=b,c=d` of the namespace's annotation. */
function namespaceSelector(request: AdmissionRequest, lookup: AdmissionLookup): {[key: string]: string} {
  const text = lookup.get('', 'namespaces', '', request.namespace)?.metadata.annotations?.[NODE_SELECTOR] ?? '';
  const pairs = text.split(',').map(term => term.split('=').map(part => part.trim()));
  if (text.trim() === '') return {};
  if (pairs.some(pair => pair.length !== 2 || pair[0] === '')) throw refuse(request, `invalid selector: [${text.split(',').join(' ')}]`);
  return Object.fromEntries(pairs);
}
