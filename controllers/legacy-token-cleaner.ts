import type {Secret} from '../server/api/kinds.generated.ts';
import {pods as podType, secrets as secretType} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import type {ControllerDefinition} from './runtime/definition.ts';

const DAY = 24 * 3_600_000;
const LIFETIME = 365 * DAY;
const TYPE = 'kubernetes.io/service-account-token';
const LAST_USED = 'kubernetes.io/legacy-token-last-used';
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';

/**
 * Marks token Secrets that were made automatically and not used for a year as invalid, and deletes them a year later
 * (pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go).
 */
export const legacyTokenCleanerController: ControllerDefinition = {
  name: 'legacy-serviceaccount-token-cleaner-controller',
  alias: 'legacy-service-account-token-cleaner',
  serviceAccount: 'legacy-service-account-token-cleaner',
  start(context) {
    const {client, clock} = context;
    const secrets = context.informer(secretType);
    const pods = context.informer(podType);
    const isMounted = ({metadata}: Secret) =>
      pods.list(metadata.namespace).some(({spec}) => spec?.volumes?.some(({secret}) => secret?.secretName === metadata.name));
    /** Milliseconds since a date that a label tells. */
    const since = (date: string) => clock.now() - Date.parse(`${date}T00:00:00Z`);

    const clean = async () => {
      for (const secret of secrets.list()) {
        const {namespace, name, labels = {}, resourceVersion, uid} = secret.metadata;
        const lastUsed = labels[LAST_USED];
        if (secret.type !== TYPE || lastUsed === undefined || since(lastUsed) < LIFETIME || isMounted(secret)) continue;
        const invalidSince = labels[INVALID_SINCE];
        if (invalidSince === undefined) {
          const today = new Date(clock.now()).toISOString().slice(0, 10);
          const patch = {metadata: {resourceVersion, labels: {[INVALID_SINCE]: today}}};
          await client.patch(secretType, {namespace, name: name!}, {type: 'merge', patch});
        } else if (since(invalidSince) >= LIFETIME) {
          await client.delete(secretType, {namespace, name: name!}, {preconditions: {uid, resourceVersion}}).catch(error => {
            if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
          });
        }
      }
    };
    return [context.every(DAY, clean)];
  },
};
