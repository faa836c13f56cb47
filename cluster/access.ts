import {createPrivateKey, createPublicKey, type KeyObject} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {createSecureContext} from 'node:tls';
import {readKubeconfig} from '../controllers/runtime/kubeconfig.ts';
import type {AccessOptions} from '../server/access/access.ts';
import type {AuthorizationMode} from '../server/access/authorizer.ts';
import {readCertificates} from '../server/access/client-certificates.ts';
import {signingKey, verifyingKey} from '../server/access/jwt.ts';
import type {OidcOptions} from '../server/access/oidc.ts';
import type {RequestHeaderOptions} from '../server/access/request-headers.ts';
import type {ReviewServer} from '../server/access/review-webhook.ts';
import type {Identity} from '../server/api/client.ts';
import {parseMilliseconds} from '../server/api/duration.ts';
import {pairs} from './access-options.ts';
import type {KeyPair} from './certificates.ts';
import {attempt} from './errors.ts';
import {listEntries} from './option.ts';
import type {Settings} from './options.ts';
import {readTokenFile} from './token-file.ts';

/** What the options say of identities and rights, with the files they name. Throws StartError where one cannot be used. */
export function readAccess(
  settings: Settings,
  authority: string,
  administrator: Identity,
  serviceAccountKey: () => Promise<KeyObject>,
): AccessOptions {
  const {serviceAccountSigningKeyFile, serviceAccountKeyFile} = settings;
  const signing = serviceAccountSigningKeyFile === '' ? undefined : readSigningKey(serviceAccountSigningKeyFile);
  const {token, tokenAuthFile, clientCaFile, requestheaderClientCaFile, oidcIssuerUrl} = settings;
  const {authenticationTokenWebhookConfigFile, authorizationWebhookConfigFile} = settings;
  const staticTokens = new Map([
    ...(tokenAuthFile === undefined ? [] : readTokenFile(tokenAuthFile)),
    ...(token === undefined ? [] : [[token, {...administrator, uid: 'admin-uid'}] as const]),
  ]);
  return {
    clientCa: clientCaFile === '' ? authority : `${authority.trimEnd()}\n${readAuthorities(clientCaFile)}`,
    anonymous: settings.anonymousAuth === 'true',
    ...(requestheaderClientCaFile !== '' && {requestHeader: requestHeaderOf(settings)}),
    staticTokens,
    bootstrapTokenAuth: settings.enableBootstrapTokenAuth === 'true',
    serviceAccountKey: signing ? () => Promise.resolve(signing) : serviceAccountKey,
    ...(serviceAccountKeyFile !== '' && {serviceAccountVerifiers: listEntries(serviceAccountKeyFile).flatMap(readVerifyingKeys)}),
    serviceAccountIssuer: settings.serviceAccountIssuer,
    apiAudiences: listEntries(settings.apiAudiences),
    ...(oidcIssuerUrl !== '' && {oidc: oidcOf(settings)}),
    ...(authenticationTokenWebhookConfigFile !== '' && {
      tokenWebhook: {
        remote: readRemote(authenticationTokenWebhookConfigFile),
        version: settings.authenticationTokenWebhookVersion as 'v1' | 'v1beta1',
        ttl: parseMilliseconds(settings.authenticationTokenWebhookCacheTtl)!,
      },
    }),
    authorizationModes: listEntries(settings.authorizationMode) as AuthorizationMode[],
    ...(authorizationWebhookConfigFile !== '' && {
      authorizationWebhook: {
        remote: readRemote(authorizationWebhookConfigFile),
        version: settings.authorizationWebhookVersion as 'v1' | 'v1beta1',
        authorizedTtl: parseMilliseconds(settings.authorizationWebhookCacheAuthorizedTtl)!,
        unauthorizedTtl: parseMilliseconds(settings.authorizationWebhookCacheUnauthorizedTtl)!,
      },
    }),
  };
}

const requestHeaderOf = (settings: Settings): RequestHeaderOptions => ({
  ca: readAuthorities(settings.requestheaderClientCaFile),
  allowedNames: listEntries(settings.requestheaderAllowedNames),
  usernameHeaders: listEntries(settings.requestheaderUsernameHeaders),
  uidHeaders: listEntries(settings.requestheaderUidHeaders),
  groupHeaders: listEntries(settings.requestheaderGroupHeaders),
  extraHeaderPrefixes: listEntries(settings.requestheaderExtraHeadersPrefix),
});

function oidcOf(settings: Settings): OidcOptions {
  const {oidcIssuerUrl, oidcUsernameClaim, oidcUsernamePrefix, oidcCaFile} = settings;
  // Two issuers may have users of the same name; an address is one person's.
  const prefix = oidcUsernamePrefix === '' && oidcUsernameClaim !== 'email' ? `${oidcIssuerUrl}#` : oidcUsernamePrefix;
  return {
    issuer: oidcIssuerUrl,
    clientId: settings.oidcClientId,
    usernameClaim: oidcUsernameClaim,
    usernamePrefix: prefix === '-' ? '' : prefix,
    groupsClaim: settings.oidcGroupsClaim,
    groupsPrefix: settings.oidcGroupsPrefix,
    requiredClaims: pairs(settings.oidcRequiredClaim),
    signingAlgs: listEntries(settings.oidcSigningAlgs),
    ...(oidcCaFile !== '' && {ca: readAuthorities(oidcCaFile)}),
  };
}

/** The certificate to serve with and its key; undefined: none is given. Throws StartError where they do not belong together. */
export function readServingCertificate({tlsCertFile, tlsPrivateKeyFile}: Settings): KeyPair | undefined {
  if (tlsCertFile === '') return undefined;
  return usable(tlsCertFile, () => {
    const [certificate, key] = [readFileSync(tlsCertFile, 'utf8'), readFileSync(tlsPrivateKeyFile, 'utf8')];
    createSecureContext({cert: certificate, key});
    return {certificate, key};
  });
}

/** The private key of a file. Throws StartError where it is none that signs tokens. */
export const readSigningKey = (file: string): KeyObject =>
  usable(file, () => {
    const key = createPrivateKey(readFileSync(file, 'utf8'));
    signingKey(key);
    return key;
  });

/** A file holds any number of public keys, certificates and private keys (k8s.io/client-go/util/keyutil). */
const readVerifyingKeys = (file: string): KeyObject[] =>
  usable(file, () => {
    const blocks = readFileSync(file, 'utf8').match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g);
    const keys = (blocks ?? []).map(block => createPublicKey(block));
    if (keys.length === 0) throw new Error('there is no key in it');
    keys.forEach(verifyingKey);
    return keys;
  });

function readAuthorities(file: string): string {
  return usable(file, () => {
    const pem = readFileSync(file, 'utf8');
    readCertificates(pem);
    return pem;
  });
}

const readRemote = (file: string): ReviewServer =>
  usable(file, () => {
    const remote = readKubeconfig(file);
    new URL(remote.server);
    return remote;
  });

const usable = <T>(file: string, read: () => T): T => attempt(`cannot use ${file}`, read);
