import type {Pod, Toleration} from '../api/kinds.generated.ts';
import {unknownError} from '../api/status.ts';
import {podQualityOfService} from '../resources/core/pod/qos.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {covers, mergeTolerations} from './tolerations.ts';

const DEFAULTS = 'scheduler.alpha.kubernetes.io/defaultTolerations';
const ALLOWED = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist';
const MEMORY_PRESSURE: Toleration = {key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule'};

/** Pods tolerate what their namespace's annotations say, and nothing that they do not allow (plugin/pkg/admission/podtolerationrestriction). Off by default. */
export const podTolerationRestriction: AdmissionPlugin = {
  name: 'PodTolerationRestriction',
  handles: ({operation, resource, subresource}) =>
    resource.group === '' && resource.resource === 'pods' && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  admit(request, lookup) {
    const {spec} = request.object as unknown as Pod;
    const added = [
      ...((request.operation === 'CREATE' && annotated(request, lookup, DEFAULTS)) || []),
      ...(podQualityOfService(spec) === 'BestEffort' ? [] : [MEMORY_PRESSURE]),
    ];
    if (added.length > 0) spec.tolerations = mergeTolerations([...added, ...(spec.tolerations ?? [])]);
  },
  validate(request, lookup) {
    const {tolerations = []} = (request.object as unknown as Pod).spec;
    const allowed = annotated(request, lookup, ALLOWED) ?? [];
    if (allowed.length > 0 && !tolerations.every(toleration => allowed.some(wide => covers(wide, toleration))))
      throw unknownError('pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist');
  },
};

/** The tolerations in an annotation of the namespace; undefined: it has none. */
function annotated({namespace}: AdmissionRequest, lookup: AdmissionLookup, name: string): Toleration[] | undefined {
  const text = lookup.get('', 'namespaces', '', namespace)?.metadata.annotations?.[name];
  if (!text) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list as Toleration[];
  } catch {
    // Told below.
  }
  throw unknownError(`cannot read the tolerations in annotation ${name} of namespace ${namespace}`);
}
