import {resolve} from 'node:path';
import {parseMilliseconds} from '../server/api/duration.ts';
import type {Option} from './option.ts';
import {checkBoolean, listEntries, option} from './option.ts';

/** Options by which kube-apiserver is told who may come in and who decides; names, defaults and meanings are its own. '': not given. */
export const ACCESS_OPTIONS = {
  anonymousAuth: option<string>({
    type: 'string',
    argument: 'BOOLEAN',
    description: 'let those in who do not say who they are; not with --authorization-mode AlwaysAllow',
    default: 'true',
    parse: text => text,
    check: checkBoolean,
  }),
  tlsCertFile: file('certificate (PEM) to serve with, with --tls-private-key-file (default: one of its own authority)'),
  tlsPrivateKeyFile: file('its private key'),
  serviceAccountSigningKeyFile: file('private key (PEM) that signs tokens of service accounts (default: one made when it is needed)'),
  serviceAccountKeyFile: files('keys or certificates (PEM) by which these tokens are verified (default: the one that signs)'),
  clientCaFile: file('more authorities (PEM) behind client certificates'),
  requestheaderClientCaFile: file('authorities (PEM) behind proxies that say in headers whom they ask for'),
  requestheaderAllowedNames: text('LIST', "common names of such proxies' certificates; none: any"),
  requestheaderUsernameHeaders: text('LIST', 'headers with the name of the user'),
  requestheaderUidHeaders: text('LIST', 'headers with the uid of the user'),
  requestheaderGroupHeaders: text('LIST', 'headers with a group of the user'),
  requestheaderExtraHeadersPrefix: text('LIST', 'how the names of headers with more of the user begin'),
  oidcIssuerUrl: text('URL', 'accept ID tokens of this issuer', checkHttps),
  oidcClientId: text('ID', 'audience that ID tokens must have'),
  oidcUsernameClaim: text('CLAIM', 'claim of ID tokens with the name of the user', undefined, 'sub'),
  oidcUsernamePrefix: text('PREFIX', "what stands before that name; '-': nothing (default: the issuer and '#', but for the claim email)"),
  oidcGroupsClaim: text('CLAIM', 'claim of ID tokens with the groups of the user'),
  oidcGroupsPrefix: text('PREFIX', 'what stands before the name of a group'),
  oidcRequiredClaim: text('LIST', 'claims that ID tokens must have, as claim=value', checkPairs),
  oidcCaFile: file("authorities (PEM) behind the issuer's certificate (default: the system's)"),
  oidcSigningAlgs: text('LIST', 'how ID tokens may be signed', checkAlgorithms, 'RS256'),
  authenticationTokenWebhookConfigFile: file('kubeconfig of a server that is asked about bearer tokens'),
  authenticationTokenWebhookCacheTtl: duration('how long its answers are believed', '2m0s'),
  authenticationTokenWebhookVersion: version('TokenReview'),
  authorizationWebhookConfigFile: file('kubeconfig of a server that decides, for --authorization-mode Webhook'),
  authorizationWebhookCacheAuthorizedTtl: duration('how long it is believed that something is allowed', '5m0s'),
  authorizationWebhookCacheUnauthorizedTtl: duration('how long it is believed that something is not', '30s'),
  authorizationWebhookVersion: version('SubjectAccessReview'),
};

export type AccessSettings = {readonly [Name in keyof typeof ACCESS_OPTIONS]: string};

/** What is wrong with these options and the authorization modes together; undefined: nothing. */
export function checkAccess(settings: AccessSettings & {readonly authorizationMode: string}): string | undefined {
  const {oidcIssuerUrl, oidcClientId, authorizationMode, authorizationWebhookConfigFile, tlsCertFile, tlsPrivateKeyFile} = settings;
  if ((tlsCertFile === '') !== (tlsPrivateKeyFile === '')) return '--tls-cert-file and --tls-private-key-file need each other';
  if ((oidcIssuerUrl === '') !== (oidcClientId === '')) return '--oidc-issuer-url and --oidc-client-id need each other';
  const webhook = listEntries(authorizationMode).includes('Webhook');
  if (webhook && authorizationWebhookConfigFile === '') return '--authorization-mode Webhook needs --authorization-webhook-config-file';
  if (!webhook && authorizationWebhookConfigFile !== '') return '--authorization-webhook-config-file needs --authorization-mode Webhook';
  return undefined;
}

/** `a=b,c=d` */
export const pairs = (text: string): Map<string, string> =>
  new Map(listEntries(text).map(entry => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));

const SIGNING_ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'];

function text(argument: string, description: string, check?: Option<string>['check'], byDefault = ''): Option<string> {
  return option<string>({type: 'string', argument, description, default: byDefault, parse: given => given, ...(check && {check})});
}

function file(description: string): Option<string> {
  return {...text('FILE', description), parse: path => (path === '' ? '' : resolve(path))};
}

function files(description: string): Option<string> {
  const resolved = (list: string) => listEntries(list).map(path => resolve(path));
  return {...text('FILES', description), parse: list => resolved(list).join(',')};
}

function duration(description: string, byDefault: string): Option<string> {
  const check = (value: string) => (parseMilliseconds(value) === undefined ? 'must be a duration, such as 2m0s' : undefined);
  return text('DURATION', description, check, byDefault);
}

function version(kind: string): Option<string> {
  const check = (value: string) => (value === 'v1' || value === 'v1beta1' ? undefined : 'must be v1 or v1beta1');
  return text('VERSION', `version of the ${kind} that it is sent: v1 or v1beta1`, check, 'v1beta1');
}

function checkHttps(value: string): string | undefined {
  return value === '' || (URL.canParse(value) && new URL(value).protocol === 'https:') ? undefined : 'must be an https URL';
}

function checkPairs(value: string): string | undefined {
  return listEntries(value).every(entry => entry.indexOf('=') > 0) ? undefined : 'must be claim=value, separated by commas';
}

function checkAlgorithms(value: string): string | undefined {
  const unknown = listEntries(value).find(name => !SIGNING_ALGORITHMS.includes(name));
  return unknown === undefined ? undefined : `names ${unknown}, which is not among ${SIGNING_ALGORITHMS.join(', ')}`;
}
