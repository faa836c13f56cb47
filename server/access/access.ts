import type {KeyObject} from 'node:crypto';
import type {Identity} from '../api/client.ts';
import type {Clock, WallClock} from '../api/clock.ts';
import type {JsonObject} from '../api/json.ts';
import type {Random} from '../api/random.ts';
import type {ResourceStorage} from '../storage/types.ts';
import type {AuthorizationMode, Authorizer} from './authorizer.ts';
import {alwaysAllow, alwaysDeny, authorizerChain} from './authorizer.ts';
import {createBootstrapTokens} from './bootstrap-tokens.ts';
import type {TrustCertificate} from './client-certificates.ts';
import {createCertificateTrust} from './client-certificates.ts';
import {createNodeAuthorizer} from './node.ts';
import {createNodeRelations} from './node-relations.ts';
import type {OidcOptions} from './oidc.ts';
import {createOidc} from './oidc.ts';
import type {Rbac} from './rbac.ts';
import {createRbac} from './rbac.ts';
import type {RequestHeaderOptions} from './request-headers.ts';
import type {ReviewServer} from './review-webhook.ts';
import {createReviewWebhook} from './review-webhook.ts';
import {rulesStatus} from './rules.ts';
import type {Find, ServiceAccountTokens} from './service-account-tokens.ts';
import {createServiceAccountTokens} from './service-account-tokens.ts';
import type {TokenAuthenticator, TokenSource} from './tokens.ts';
import {createTokenAuthenticator, forAudiences, knownTokens} from './tokens.ts';
import {createWebhookAuthorizer} from './webhook-authorizer.ts';
import {createWebhookTokens} from './webhook-tokens.ts';

/** Who may come in how, and who decides what they may do: the flags of kube-apiserver. */
export interface AccessOptions {
  /** PEM of the authorities behind client certificates. */
  readonly clientCa: string;
  /** May those come in who do not say who they are? */
  readonly anonymous?: boolean;
  /** Proxies that say whom they ask for. */
  readonly requestHeader?: RequestHeaderOptions;
  /** Whose bearer tokens are known from the start. */
  readonly staticTokens?: ReadonlyMap<string, Identity>;
  /** Accept tokens by which nodes join. */
  readonly bootstrapTokenAuth?: boolean;
  /** The private key by which tokens of service accounts are signed; asked for once, on first need. */
  serviceAccountKey(): Promise<KeyObject>;
  /** The public keys by which they are verified; without them, that key's own. */
  readonly serviceAccountVerifiers?: readonly KeyObject[];
  /** Who issues them: a URL. */
  readonly serviceAccountIssuer?: string;
  /** For whom tokens are accepted; none: the issuer of service accounts' tokens. */
  readonly apiAudiences?: readonly string[];
  readonly oidc?: OidcOptions;
  /** `ttl`: milliseconds of cluster time. */
  readonly tokenWebhook?: {readonly remote: ReviewServer; readonly version: 'v1' | 'v1beta1'; readonly ttl: number};
  /** Who decides what is allowed, in this order. */
  readonly authorizationModes?: readonly AuthorizationMode[];
  /** Needed by the mode of that name; milliseconds of cluster time. */
  readonly authorizationWebhook?: {
    readonly remote: ReviewServer;
    readonly version: 'v1' | 'v1beta1';
    readonly authorizedTtl: number;
    readonly unauthorizedTtl: number;
  };
}

/** What access stands on. */
export interface AccessGround {
  readonly clock: Clock;
  readonly wall: WallClock;
  readonly random: Random;
  storage(group: string, resource: string): ResourceStorage;
  readonly find: Find;
}

/** Identities and rights of one server. */
export interface Access {
  readonly authentication: {
    readonly tokens: TokenAuthenticator;
    readonly clients: TrustCertificate;
    readonly proxies?: {readonly trust: TrustCertificate; readonly options: RequestHeaderOptions};
    readonly anonymous: boolean;
  };
  readonly accountTokens: ServiceAccountTokens;
  readonly authorizer: Authorizer;
  readonly rbac: Rbac;
  /** SubjectRulesReviewStatus: what an identity may do in a namespace. */
  rulesOf(identity: Identity, namespace: string): JsonObject;
  close(): void;
}

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** Puts identities and rights together. Throws where an authority's PEM cannot be read. */
export function createAccess(options: AccessOptions, ground: AccessGround): Access {
  const {clientCa, requestHeader, serviceAccountIssuer = ISSUER, authorizationModes = ['Node', 'RBAC']} = options;
  const {clock, random, find} = ground;
  const closers: (() => void)[] = [];
  const audiences = options.apiAudiences?.length ? options.apiAudiences : [serviceAccountIssuer];
  const accountTokens = createServiceAccountTokens({
    issuer: serviceAccountIssuer,
    audiences,
    key: options.serviceAccountKey,
    verifiers: options.serviceAccountVerifiers,
    clock,
    random,
    find,
  });
  const sources = tokenSources(options, ground, accountTokens, audiences, closers);
  const {rbac, authorizer} = createAuthorizers(authorizationModes, options, ground, closers);
  // kube-apiserver does not let anonymous users do everything.
  const anonymous = options.anonymous !== false && !authorizationModes.includes('AlwaysAllow');
  return {
    authentication: {
      tokens: createTokenAuthenticator(audiences, sources),
      clients: createCertificateTrust(clientCa, clock),
      ...(requestHeader && {proxies: {trust: createCertificateTrust(requestHeader.ca, clock), options: requestHeader}}),
      anonymous,
    },
    accountTokens,
    authorizer,
    rbac,
    rulesOf: (identity, namespace) => rulesStatus(rbac, authorizationModes, identity, namespace),
    close: () => closers.forEach(close => void close()),
  };
}

/** In the order in which they are asked (pkg/kubeapiserver/authenticator/config.go). */
function tokenSources(
  {staticTokens, bootstrapTokenAuth, oidc, tokenWebhook}: AccessOptions,
  {clock, wall, random, find}: AccessGround,
  accountTokens: ServiceAccountTokens,
  audiences: readonly string[],
  closers: (() => void)[],
): TokenSource[] {
  const sources: TokenSource[] = [];
  if (staticTokens) sources.push(forAudiences(audiences, knownTokens(staticTokens)));
  sources.push(accountTokens.authenticate);
  if (bootstrapTokenAuth) sources.push(forAudiences(audiences, createBootstrapTokens(clock, find)));
  if (oidc) {
    const known = createOidc(oidc, clock, wall);
    closers.push(known.close);
    sources.push(forAudiences(audiences, known.authenticate));
  }
  if (tokenWebhook) {
    const {remote, version, ttl} = tokenWebhook;
    const webhook = createReviewWebhook({remote, wall, random});
    closers.push(webhook.close);
    sources.push(createWebhookTokens({webhook, version, ttl, audiences, clock}));
  }
  return sources;
}

function createAuthorizers(
  modes: readonly AuthorizationMode[],
  {authorizationWebhook}: AccessOptions,
  {clock, wall, random, storage}: AccessGround,
  closers: (() => void)[],
): {rbac: Rbac; authorizer: Authorizer} {
  const group = 'rbac.authorization.k8s.io';
  const rbac = createRbac({
    roles: storage(group, 'roles'),
    clusterRoles: storage(group, 'clusterroles'),
    roleBindings: storage(group, 'rolebindings'),
    clusterRoleBindings: storage(group, 'clusterrolebindings'),
  });
  const webhookAuthorizer = (): Authorizer => {
    const {remote, ...rest} = authorizationWebhook!;
    const webhook = createReviewWebhook({remote, wall, random});
    closers.push(webhook.close);
    return createWebhookAuthorizer({webhook, ...rest, clock});
  };
  const make: {readonly [mode in AuthorizationMode]: () => Authorizer} = {
    Node: () => createNodeAuthorizer(rbac, createNodeRelations(storage)),
    RBAC: () => rbac.authorize,
    Webhook: webhookAuthorizer,
    AlwaysAllow: () => alwaysAllow,
    AlwaysDeny: () => alwaysDeny,
  };
  return {rbac, authorizer: authorizerChain(...modes.map(mode => make[mode]()))};
}
