import type {Identity} from '../api/client.ts';

/** What somebody wants to do (authorizer.Attributes). */
export interface AccessAttributes {
  readonly identity: Identity;
  readonly verb: string;
  readonly isResource: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Of what is no resource. */
  readonly path: string;
}

export interface AccessDecision {
  readonly allowed: boolean;
  /** Why, in the words of the authorizer; '' if it has none. */
  readonly reason: string;
}

export type Authorizer = (attributes: AccessAttributes) => AccessDecision;

const MASTERS = 'system:masters';

/** Who may decide, in the words of `--authorization-mode`. */
export const AUTHORIZATION_MODES = ['Node', 'RBAC', 'AlwaysAllow', 'AlwaysDeny'] as const;

export type AuthorizationMode = (typeof AUTHORIZATION_MODES)[number];

export const alwaysAllow: Authorizer = () => ({allowed: true, reason: ''});
export const alwaysDeny: Authorizer = () => ({allowed: false, reason: 'Everything is forbidden.'});

/** Members of system:masters may do everything; for everybody else the authorizers are asked in order until one allows it. */
export const authorizerChain =
  (...authorizers: Authorizer[]): Authorizer =>
  attributes => {
    if (attributes.identity.groups.includes(MASTERS)) return {allowed: true, reason: ''};
    const reasons: string[] = [];
    for (const authorizer of authorizers) {
      const decision = authorizer(attributes);
      if (decision.allowed) return decision;
      if (decision.reason !== '') reasons.push(decision.reason);
    }
    return {allowed: false, reason: reasons.join('\n')};
  };
