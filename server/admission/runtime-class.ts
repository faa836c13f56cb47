import type {Pod, RuntimeClass} from '../api/kinds.generated.ts';
import {unknownError} from '../api/status.ts';
import {jsonEqual} from '../patch/equal.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refuse, unaskable} from './admission.ts';

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
    const overhead = find(request, pod, lookup)?.overhead?.podFixed;
    if (pod.spec.overhead === undefined) {
      if (overhead !== undefined && Object.keys(overhead).length > 0)
        throw refuse(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
      return;
    }
    if (pod.spec.runtimeClassName === undefined)
      throw refuse(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
    if (!jsonEqual(overhead ?? {}, pod.spec.overhead))
      throw refuse(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
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
  if (spec.overhead !== undefined && !jsonEqual(overhead.podFixed ?? {}, spec.overhead)) {
    throw refuse(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  }
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
  for (const toleration of scheduling.tolerations ?? []) {
    if (!spec.tolerations?.some(own => jsonEqual(own, toleration))) spec.tolerations = [...(spec.tolerations ?? []), {...toleration}];
  }
}
