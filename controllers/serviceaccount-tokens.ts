import type {Secret, ServiceAccount} from '../server/api/kinds.generated.ts';
import {serviceAccounts as accountType, secrets as secretType} from '../server/api/resource-types.generated.ts';
import {ignoreNotFound} from '../server/api/status.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf, splitKey} from './runtime/informer.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';
const ACCOUNT_INDEX = 'account';

const encode = (text: string): string => Buffer.from(text).toString('base64');

/** Fills in Secrets of type service-account-token, and deletes those whose account is gone (pkg/controller/serviceaccount/tokens_controller.go). */
export const serviceAccountTokenController: ControllerDefinition = {
  name: 'serviceaccount-token-controller',
  alias: 'serviceaccount-token',
  // A token cannot be made with a token.
  asManager: true,
  start(context) {
    const {client, settings} = context;
    const {serviceAccountToken, rootCA} = settings;
    if (!serviceAccountToken) return [];
    const accounts = context.informer(accountType);
    const secrets = context.informer(secretType);
    const queue = context.queue();
    // Secrets that were deleted, and whose they were.
    const gone = new Map<string, string>();
    secrets.addIndex(ACCOUNT_INDEX, ({type, metadata}) =>
      type === TYPE ? [`${metadata.namespace}/${metadata.annotations?.[NAME] ?? ''}`] : [],
    );

    const changed = (secret: Secret) => {
      if (secret.type === TYPE) queue.add(keyOf(secret));
    };
    const tokensOf = (account: ServiceAccount) => secrets.by(ACCOUNT_INDEX, keyOf(account)).forEach(changed);
    secrets.addHandler({
      added: changed,
      updated: changed,
      deleted(secret) {
        if (secret.type !== TYPE) return;
        gone.set(keyOf(secret), `${secret.metadata.namespace}/${secret.metadata.annotations?.[NAME] ?? ''}`);
        changed(secret);
      },
    });
    accounts.addHandler({added: tokensOf, updated: tokensOf, deleted: tokensOf});

    const reconcile = async (key: string) => {
      const secret = secrets.get(key);
      if (!secret) return forget(key);
      gone.delete(key);
      if (secret.type !== TYPE || secret.metadata.deletionTimestamp) return;
      const {namespace, name, uid, annotations, resourceVersion} = secret.metadata;
      const accountName = annotations?.[NAME];
      if (!accountName) return;
      const account = await findAccount(namespace!, accountName);
      if (!account || (annotations[UID] && annotations[UID] !== account.metadata.uid)) {
        await client.delete(secretType, {namespace, name: name!}, {preconditions: {uid, resourceVersion}}).catch(ignoreNotFound);
        return;
      }
      const data = {...secret.data};
      data.namespace ??= encode(namespace!);
      if (rootCA !== undefined) data['ca.crt'] = encode(rootCA);
      data.token ??= encode(
        await serviceAccountToken({namespace: namespace!, name: accountName, uid: account.metadata.uid!, secret: name!}),
      );
      const isSame =
        annotations[UID] === account.metadata.uid && Object.entries(data).every(([field, value]) => secret.data?.[field] === value);
      if (isSame) return;
      const metadata = {...secret.metadata, annotations: {...annotations, [UID]: account.metadata.uid!}};
      await client.update(secretType, {...secret, metadata, data});
    };

    /** An account does not name a Secret that is gone. */
    const forget = async (key: string) => {
      const account = accounts.get(gone.get(key) ?? '');
      const {name} = splitKey(key);
      if (account?.secrets?.some(reference => reference.name === name)) {
        await client.update(accountType, {...account, secrets: account.secrets.filter(reference => reference.name !== name)});
      }
      gone.delete(key);
    };

    /** Absence is asked of the server: the cache may be behind. */
    const findAccount = async (namespace: string, name: string) =>
      accounts.get(`${namespace}/${name}`) ?? client.get(accountType, {namespace, name}).catch(ignoreNotFound);
    return [context.run(queue, reconcile)];
  },
};
