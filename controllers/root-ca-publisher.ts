import {configMaps as configMapType, namespaces as namespaceType} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import {isNamespaceTerminating} from './replicaset.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {objectKey} from './runtime/informer.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION = 'kubernetes.io/description';
// The wording is upstream's: the object is compared with it.
const DESCRIPTION_TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or ' +
  'kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Publishes the cluster's CA in every namespace (pkg/controller/certificates/rootcacertpublisher). */
export const rootCAPublisher: ControllerDefinition = {
  name: 'root-ca-certificate-publisher-controller',
  alias: 'root-ca-cert-publisher',
  serviceAccount: 'root-ca-cert-publisher',
  start(context) {
    const {rootCA} = context.settings;
    if (rootCA === undefined) return [];
    const namespaces = context.informer(namespaceType);
    const configMaps = context.informer(configMapType);
    const queue = context.queue();
    namespaces.addHandler({
      added: ({metadata}) => queue.add(metadata.name!),
      updated: ({metadata}) => queue.add(metadata.name!),
    });
    const changed = ({metadata}: {metadata: {name?: string; namespace?: string}}) => {
      if (metadata.name === NAME) queue.add(metadata.namespace!);
    };
    configMaps.addHandler({updated: changed, deleted: changed});

    const reconcile = async (namespace: string) => {
      const found = namespaces.get(namespace);
      if (!found || found.metadata.deletionTimestamp) return;
      const present = configMaps.get(objectKey(namespace, NAME));
      const data = {'ca.crt': rootCA};
      const annotations = {...present?.metadata.annotations, [DESCRIPTION]: DESCRIPTION_TEXT};
      if (!present) {
        await context.client.create(configMapType, {metadata: {name: NAME, namespace, annotations}, data}).catch(error => {
          if (!isApiError(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error;
        });
      } else if (
        Object.keys(present.data ?? {}).length !== 1 ||
        present.data?.['ca.crt'] !== rootCA ||
        present.metadata.annotations?.[DESCRIPTION] !== DESCRIPTION_TEXT
      ) {
        await context.client.update(configMapType, {...present, metadata: {...present.metadata, annotations}, data});
      }
    };
    return [context.run(queue, reconcile)];
  },
};
