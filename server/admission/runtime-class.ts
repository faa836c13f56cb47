import type {Pod, RuntimeClass} from '../api/kinds.generated.ts';
import {unknownError} from '../api/status.ts';
import {equalResources} from '../resources/rules.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refuse, unaskable} from './admission.ts';
import {mergeTolerations} from './tolerations.ts';

const OTHER_OVERHEAD = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

/** Gives a pod the overhead and the scheduling rules of its runtime class (plugin/pkg/admission/runtimeclass). */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: ({operation, resource, subresource}) =>
    operation === 'CREATE' && resource.group === '' && resource.resource === 'pods' && subresource === '',
  admit(request, lookup) {
    const pod = request.object as unknown as Pod;
    const found = find(request, pod, lookup);
    if (found === undefined) return;
    setOverhead(request, pod, found);
    setScheduling(request, pod, found);
  },
  validate(request, lookup) {
    const pod = request.object as unknown as Pod;
    const overhead = find(request, pod, lookup)?.overhead;
    if (overhead !== undefined) {
      if (!equalResources(overhead.podFixed, pod.spec.overhead)) throw refuse(request, OTHER_OVERHEAD);
    } else if (pod.spec.overhead !== undefined) {
      // Even an empty one.
      throw refuse(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
    }
  },
};

function find(request: AdmissionRequest, {spec}: Pod, lookup: AdmissionLookup): RuntimeClass | undefined {
  const name = spec.runtimeClassName;
  if (name === undefined) return undefined;
  const found = lookup.get('node.k8s.io', 'runtimeclasses', '', name);
  const unasked = found === undefined ? unaskable(name) : undefined;
  if (unasked !== undefined) throw unknownError(unasked);
  if (found === undefined) throw refuse(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  return found as unknown as RuntimeClass;
}

function setOverhead(request: AdmissionRequest, {spec}: Pod, {overhead}: RuntimeClass): void {
  if (overhead === undefined) return;
  if (spec.overhead !== undefined && !equalResources(overhead.podFixed, spec.overhead)) throw refuse(request, OTHER_OVERHEAD);
  spec.overhead = {...overhead.podFixed};
}

function setScheduling(request: AdmissionRequest, {spec}: Pod, {scheduling}: RuntimeClass): void {
  if (scheduling === undefined) return;
  for (const [name, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[name];
    if (own !== undefined && own !== value)
      throw refuse(request, `conflict: runtimeClass.scheduling.nodeSelector[${name}] = ${value}; pod.spec.nodeSelector[${name}] = ${own}`);
  }
  if (scheduling.nodeSelector) spec.nodeSelector = {...spec.nodeSelector, ...scheduling.nodeSelector};
  const tolerations = mergeTolerations([...(spec.tolerations ?? []), ...(scheduling.tolerations ?? [])]);
  if (tolerations.length > 0) spec.tolerations = tolerations;
}
