import type {Identity} from '../api/client.ts';
import type {LabelRequirement} from '../api/label-syntax.ts';
import type {FieldRequirement} from '../api/selectors.ts';

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
  /** What a list, a watch or the deletion of a collection is limited to; what could not be read is left out. */
  readonly fieldSelector?: readonly FieldRequirement[];
  readonly labelSelector?: readonly LabelRequirement[];
}

export interface AccessDecision {
  readonly allowed: boolean;
  /** Nobody further is asked. Neither allowed nor denied: no opinion. */
  readonly denied?: boolean;
  /** Why, in the words of the authorizer; '' if it has none. */
  readonly reason: string;
  /** What kept an authorizer from deciding. */
  readonly error?: string;
}

/** Decides at once, but for authorizers that have to ask somebody else. */
export type Authorizer = (attributes: AccessAttributes) => AccessDecision | Promise<AccessDecision>;

const MASTERS = 'system:masters';

/** Who may decide, in the words of `--authorization-mode`. */
export const AUTHORIZATION_MODES = ['Node', 'RBAC', 'Webhook', 'AlwaysAllow', 'AlwaysDeny'] as const;

export type AuthorizationMode = (typeof AUTHORIZATION_MODES)[number];

export const alwaysAllow = (): AccessDecision => ({allowed: true, reason: ''});
export const alwaysDeny = (): AccessDecision => ({allowed: false, reason: 'Everything is forbidden.'});

/**
 * Members of system:masters may do everything; for everybody else the authorizers are asked in order until one allows or denies it
 * (k8s.io/apiserver/pkg/authorization/union).
 */
export const authorizerChain =
  (...authorizers: Authorizer[]): Authorizer =>
  attributes => {
    if (attributes.identity.groups.includes(MASTERS)) return {allowed: true, reason: ''};
    return askFrom(0, authorizers, attributes, [], []);
  };

function askFrom(
  start: number,
  authorizers: readonly Authorizer[],
  attributes: AccessAttributes,
  reasons: string[],
  errors: string[],
): AccessDecision | Promise<AccessDecision> {
  const isFinal = (decision: AccessDecision): boolean => {
    if (decision.allowed || decision.denied) return true;
    if (decision.reason !== '') reasons.push(decision.reason);
    if (decision.error !== undefined) errors.push(decision.error);
    return false;
  };
  for (let i = start; i < authorizers.length; i++) {
    const decision = authorizers[i]!(attributes);
    if (decision instanceof Promise)
      return decision.then(late => (isFinal(late) ? late : askFrom(i + 1, authorizers, attributes, reasons, errors)));
    if (isFinal(decision)) return decision;
  }
  return {allowed: false, reason: reasons.join('\n'), ...(errors.length > 0 && {error: aggregateText(errors)})};
}

/** As Go's utilerrors.Aggregate shows several errors. */
export const aggregateText = (errors: readonly string[]): string => {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`;
};

/** An authorizer for those who cannot wait. */
export type Decide = (attributes: AccessAttributes) => AccessDecision;

/**
 * Runs something that needs its decisions at once, say an expression. Where an authorizer takes its time `run` is run again when the
 * answer is there, so it must have no effects that matter. Waits only if it has to.
 */
export function withDecisions<T>(authorizer: Authorizer, run: (decide: Decide) => T): T | Promise<T> {
  const known = new Map<string, AccessDecision>();
  const attempt = (): T | Promise<T> => {
    const awaited: Promise<unknown>[] = [];
    const result = run(attributes => {
      const key = JSON.stringify(attributes);
      const decision = known.get(key) ?? authorizer(attributes);
      if (!(decision instanceof Promise)) return decision;
      awaited.push(decision.then(late => known.set(key, late)));
      return {allowed: false, reason: ''};
    });
    return awaited.length === 0 ? result : Promise.all(awaited).then(attempt);
  };
  return attempt();
}
