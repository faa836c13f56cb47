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

const PUBLIC_PATHS = /^\/(healthz|livez|readyz|version)(\/|$)/;

/** Every authenticated identity may do everything; anybody may ask for health and version. */
export const allowAuthenticated: Authorizer = ({identity, isResource, path}) => ({
  allowed: identity.groups.includes('system:authenticated') || (!isResource && PUBLIC_PATHS.test(path)),
  reason: '',
});
