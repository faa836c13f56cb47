import {serviceAccounts as accountType, namespaces as namespaceType} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import {isNamespaceTerminating} from './replicaset.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {objectKey} from './runtime/informer.ts';

const DEFAULT_ACCOUNT = 'default';

/** Gives every namespace its `default` ServiceAccount (pkg/controller/serviceaccount/serviceaccounts_controller.go). */
export const serviceAccountController: ControllerDefinition = {
  name: 'serviceaccount-controller',
  alias: 'serviceaccount',
  serviceAccount: 'service-account-controller',
  start(context) {
    const namespaces = context.informer(namespaceType);
    const accounts = context.informer(accountType);
    const queue = context.queue();
    namespaces.addHandler({
      added: ({metadata}) => queue.add(metadata.name!),
      updated: ({metadata}) => queue.add(metadata.name!),
    });
    accounts.addHandler({
      deleted({metadata}) {
        if (metadata.name === DEFAULT_ACCOUNT) queue.add(metadata.namespace!);
      },
    });
    const reconcile = async (namespace: string) => {
      const found = namespaces.get(namespace);
      if (!found || found.metadata.deletionTimestamp || accounts.get(objectKey(namespace, DEFAULT_ACCOUNT))) return;
      await context.client.create(accountType, {metadata: {name: DEFAULT_ACCOUNT, namespace}}).catch(error => {
        if (!isApiError(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error;
      });
    };
    return [context.run(queue, reconcile)];
  },
};
