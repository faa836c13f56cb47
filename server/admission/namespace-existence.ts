import {namespaces} from '../api/resource-types.generated.ts';
import {isApiError, notFound} from '../api/status.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';

const isInNamespace = ({namespace, resource}: AdmissionRequest): boolean => namespace !== '' && resource.resource !== 'namespaces';

const exists = ({namespace}: AdmissionRequest, lookup: AdmissionLookup): boolean =>
  lookup.get('', 'namespaces', '', namespace) !== undefined;

/** Makes the namespace that something is created in (plugin/pkg/admission/namespace/autoprovision). Off by default. */
export const namespaceAutoProvision: AdmissionPlugin = {
  name: 'NamespaceAutoProvision',
  handles: request => request.operation === 'CREATE' && isInNamespace(request),
  async admit(request, lookup) {
    // A dry run makes nothing.
    if (exists(request, lookup) || request.dryRun) return;
    try {
      await lookup.client.create(namespaces, {metadata: {name: request.namespace}, spec: {}});
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
  },
};

/** Refuses whatever is in a namespace that does not exist (plugin/pkg/admission/namespace/exists). Off by default. */
export const namespaceExists: AdmissionPlugin = {
  name: 'NamespaceExists',
  handles: request => request.operation !== 'CONNECT' && isInNamespace(request),
  validate(request, lookup) {
    if (!exists(request, lookup)) throw notFound({group: '', resource: 'namespaces'}, request.namespace);
  },
};
