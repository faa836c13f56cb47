import {ApiError, forbidden, notFound} from '../api/status.ts';
import type {AdmissionPlugin} from './admission.ts';
import {refuse} from './admission.ts';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** Keeps objects out of namespaces that do not exist or are going away, and the system's namespaces alive. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: ({operation, resource, namespace}) =>
    operation === 'DELETE'
      ? resource.kind === 'Namespace' && resource.group === ''
      : operation === 'CREATE' && namespace !== '' && resource.resource !== 'namespaces',
  admit(request, lookup) {
    const {operation, namespace, name, resource} = request;
    if (operation === 'DELETE') {
      if (IMMORTAL.has(name)) throw forbidden({group: '', resource: 'namespaces'}, name, 'this namespace may not be deleted');
      return;
    }
    // Reviews of access may be asked about namespaces that do not exist.
    if (resource.group === 'authorization.k8s.io') return;
    const found = lookup.get('', 'namespaces', '', namespace);
    if (found === undefined) throw notFound({group: '', resource: 'namespaces'}, namespace);
    const {deletionTimestamp} = found.metadata;
    if (deletionTimestamp === undefined) return;
    const refusal = refuse(request, `unable to create new content in namespace ${namespace} because it is being terminated`);
    const message = `namespace ${namespace} is being terminated`;
    throw new ApiError(403, 'Forbidden', refusal.message, {
      ...refusal.status.details,
      causes: [{reason: 'NamespaceTerminating', message, field: 'metadata.namespace'}],
    });
  },
};
