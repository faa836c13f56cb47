import type {Pod, PriorityClass} from '../api/kinds.generated.ts';
import type {AdmissionLookup, AdmissionPlugin} from './admission.ts';
import {refuse} from './admission.ts';

/** Resolves a pod's priority class, and allows one global default class only. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  handles: ({operation, resource, subresource}) =>
    subresource === '' &&
    (operation === 'CREATE' || operation === 'UPDATE') &&
    ((resource.group === '' && resource.resource === 'pods') ||
      (resource.group === 'scheduling.k8s.io' && resource.resource === 'priorityclasses')),
  admit(request, lookup) {
    const {operation, resource, object, old} = request;
    if (resource.resource !== 'pods') return;
    const {spec} = object as unknown as Pod;
    if (operation === 'UPDATE') {
      const before = (old as unknown as Pod).spec;
      if (spec.priority === undefined && before.priority !== undefined) spec.priority = before.priority;
      if (spec.preemptionPolicy === undefined && before.preemptionPolicy !== undefined) spec.preemptionPolicy = before.preemptionPolicy;
      return;
    }
    const chosen = spec.priorityClassName
      ? lookup.get('scheduling.k8s.io', 'priorityclasses', '', spec.priorityClassName)
      : defaultClass(lookup);
    if (spec.priorityClassName && chosen === undefined)
      throw refuse(request, `no PriorityClass with name ${spec.priorityClassName} was found`);
    const found = chosen as unknown as PriorityClass | undefined;
    const value = found?.value ?? 0;
    const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority';
    if (!spec.priorityClassName && found !== undefined) spec.priorityClassName = found.metadata.name!;
    if (spec.priority !== undefined && spec.priority !== value) {
      throw refuse(
        request,
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
      );
    }
    spec.priority = value;
    if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
      throw refuse(
        request,
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
      );
    }
    spec.preemptionPolicy = policy;
  },
  validate(request, lookup) {
    const {operation, resource, object, name} = request;
    if (resource.resource !== 'priorityclasses' || !(object as unknown as PriorityClass).globalDefault) return;
    const present = defaultClass(lookup);
    if (present === undefined || (operation === 'UPDATE' && present.metadata.name === name)) return;
    throw refuse(request, `PriorityClass ${present.metadata.name} is already marked as default. Only one default can exist`);
  },
};

/** Of several defaults (a race) the lowest counts. */
const defaultClass = (lookup: AdmissionLookup): PriorityClass | undefined =>
  (lookup.list('scheduling.k8s.io', 'priorityclasses') as unknown as PriorityClass[])
    .filter(({globalDefault}) => globalDefault)
    .sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
