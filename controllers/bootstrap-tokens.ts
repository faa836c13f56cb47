import {createHmac} from 'node:crypto';
import type {ConfigMap, Secret} from '../server/api/kinds.generated.ts';
import {configMaps as configMapType, secrets as secretType} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import {parseTime} from '../server/api/time.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf} from './runtime/informer.ts';

const TYPE = 'bootstrap.kubernetes.io/token';
const SIGNATURE = 'jws-kubeconfig-';

const field = ({data}: Secret, name: string): string => Buffer.from(data?.[name] ?? '', 'base64').toString();
const isToken = ({type, metadata}: Secret): boolean => type === TYPE && metadata.namespace === 'kube-system';

/** When a bootstrap token ends, in milliseconds since the epoch; undefined: never. */
const expiry = (secret: Secret): number | undefined => (secret.data?.expiration ? parseTime(field(secret, 'expiration')) : undefined);

/** Deletes bootstrap tokens that have expired (pkg/controller/bootstrap/tokencleaner.go). */
export const tokenCleanerController: ControllerDefinition = {
  name: 'token-cleaner-controller',
  alias: 'tokencleaner',
  serviceAccount: 'token-cleaner',
  disabledByDefault: true,
  hasAccount: true,
  start(context) {
    const secrets = context.informer(secretType);
    const queue = context.queue();
    const changed = (secret: Secret) => void (isToken(secret) && queue.add(keyOf(secret)));
    secrets.addHandler({added: changed, updated: changed});
    const reconcile = async (key: string) => {
      const secret = secrets.get(key);
      const end = secret && expiry(secret);
      if (!secret || end === undefined) return;
      const left = end - context.clock.now();
      if (left > 0) return {requeueAfter: left};
      const {namespace, name, uid} = secret.metadata;
      await context.client.delete(secretType, {namespace, name: name!}, {preconditions: {uid}}).catch(error => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
    };
    return [context.run(queue, reconcile)];
  },
};

/** Signs the kubeconfig in kube-public/cluster-info with every token made for it (pkg/controller/bootstrap/bootstrapsigner.go). */
export const bootstrapSignerController: ControllerDefinition = {
  name: 'bootstrap-signer-controller',
  alias: 'bootstrapsigner',
  serviceAccount: 'bootstrap-signer',
  disabledByDefault: true,
  hasAccount: true,
  start(context) {
    const secrets = context.informer(secretType);
    const configMaps = context.informer(configMapType);
    const queue = context.queue();
    const changed = (secret: Secret) => void (isToken(secret) && queue.add(''));
    secrets.addHandler({added: changed, updated: changed, deleted: changed});
    const infoChanged = ({metadata}: ConfigMap) =>
      void (metadata.name === 'cluster-info' && metadata.namespace === 'kube-public' && queue.add(''));
    configMaps.addHandler({added: infoChanged, updated: infoChanged});
    const reconcile = async () => {
      const info = configMaps.get('kube-public/cluster-info');
      const kubeconfig = info?.data?.kubeconfig;
      if (!info || kubeconfig === undefined) return;
      const data = Object.fromEntries(Object.entries(info.data ?? {}).filter(([name]) => !name.startsWith(SIGNATURE)));
      for (const secret of secrets.list('kube-system')) {
        const end = expiry(secret);
        if (!isToken(secret) || field(secret, 'usage-bootstrap-signing') !== 'true' || (end !== undefined && end <= context.clock.now()))
          continue;
        const id = field(secret, 'token-id');
        data[SIGNATURE + id] = detachedSignature(kubeconfig, id, field(secret, 'token-secret'));
      }
      if (JSON.stringify(data) !== JSON.stringify(info.data)) await context.client.update(configMapType, {...info, data});
    };
    return [context.run(queue, reconcile, {workers: 1})];
  },
};

/** A JSON Web Signature (HS256) without its payload. */
function detachedSignature(content: string, id: string, secret: string): string {
  const header = Buffer.from(JSON.stringify({alg: 'HS256', kid: id})).toString('base64url');
  const payload = Buffer.from(content).toString('base64url');
  const signature = createHmac('sha256', `${id}.${secret}`).update(`${header}.${payload}`).digest('base64url');
  return `${header}..${signature}`;
}
