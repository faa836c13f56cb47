import type {AccessAttributes, Authorizer} from '../access/authorizer.ts';
import {decodeExtraKey} from '../access/request-headers.ts';
import type {Identity} from '../api/client.ts';
import {isDNS1123Label, isDNS1123Subdomain} from '../api/names.ts';
import type {ApiError} from '../api/status.ts';
import {badRequest, isApiError} from '../api/status.ts';
import {refusal} from './authorize.ts';
import type {RequestInfo} from './info.ts';
import type {ApiRequest} from './request.ts';

/** Acts as somebody else where the headers ask for it; throws ApiError where that is not allowed. */
export type Impersonate = (requestor: Identity, request: ApiRequest, info: RequestInfo) => Identity | Promise<Identity>;

/** Who is wanted, as the headers say it. */
interface Wanted {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: {readonly [key: string]: readonly string[]};
}

/** A way to be allowed: the first one that applies and lets the requestor through wins. */
interface Mode {
  /** '' is how it always was: the verb `impersonate`, for whatever request. */
  readonly name: '' | 'associated-node' | 'arbitrary-node' | 'serviceaccount' | 'user-info';
  applies(wanted: Wanted, requestor: Identity): boolean;
}

const onlyName = ({uid, groups, extra}: Wanted): boolean => uid === '' && groups.length === 0 && Object.keys(extra).length === 0;

const NODE_NAME = 'authentication.kubernetes.io/node-name';

const MODES: readonly Mode[] = [
  {
    name: 'associated-node',
    applies(wanted, {name, extra}) {
      const own = extra?.[NODE_NAME];
      return onlyName(wanted) && accountOf(name) !== undefined && own?.length === 1 && nodeOf(wanted.name) === own[0];
    },
  },
  {name: 'arbitrary-node', applies: wanted => onlyName(wanted) && nodeOf(wanted.name) !== undefined},
  {name: 'serviceaccount', applies: wanted => onlyName(wanted) && accountOf(wanted.name) !== undefined},
  {name: 'user-info', applies: ({name}) => nodeOf(name) === undefined && accountOf(name) === undefined},
  {name: '', applies: () => true},
];

/** How many requestors are remembered with the mode that last let them through. */
const REMEMBERED = 10_000;

/** Constrained impersonation, and the older way (k8s.io/apiserver/pkg/endpoints/filters/impersonation). */
export function createImpersonate(authorizer: Authorizer): Impersonate {
  // It is tried first: which refusal is shown depends on it.
  const lastMode = new Map<string, Mode>();
  const actAs = async (wanted: Wanted, requestor: Identity, info: RequestInfo): Promise<Identity> => {
    const last = lastMode.get(requestor.name);
    let refused: ApiError | undefined;
    for (const mode of last ? [last, ...MODES.filter(each => each !== last)] : MODES) {
      if (!mode.applies(wanted, requestor)) continue;
      try {
        await check(authorizer, mode, requestor, wanted, info);
      } catch (error) {
        if (!isApiError(error, 'Forbidden')) throw error;
        refused ??= error;
        continue;
      }
      if (lastMode.size >= REMEMBERED) lastMode.delete(lastMode.keys().next().value!);
      lastMode.set(requestor.name, mode);
      return impersonated(wanted, mode);
    }
    throw refused;
  };
  return (requestor, {headers}, info) => {
    const wanted = wantedOf(headers);
    return wanted === undefined ? requestor : actAs(wanted, requestor, info);
  };
}

const EXTRA = 'impersonate-extra-';

function wantedOf(headers: ApiRequest['headers']): Wanted | undefined {
  const extraNames = Object.keys(headers).filter(name => name.startsWith(EXTRA));
  const wanted = {
    name: many(headers['impersonate-user'])[0] ?? '',
    uid: many(headers['impersonate-uid'])[0] ?? '',
    groups: many(headers['impersonate-group']),
    extra: Object.fromEntries(extraNames.map(name => [decodeExtraKey(name.slice(EXTRA.length)), many(headers[name])])),
  };
  if (wanted.name !== '') return wanted;
  if (wanted.uid === '' && headers['impersonate-group'] === undefined && extraNames.length === 0) return undefined;
  throw badRequest(`requested ${goSyntax(wanted)} without impersonating a user name`);
}

const many = (value: string | string[] | undefined): string[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** As Go's %#v writes the user. */
function goSyntax({name, uid, groups, extra}: Wanted): string {
  const list = (values: readonly string[]) =>
    values.length === 0 ? '[]string(nil)' : `[]string{${values.map(value => JSON.stringify(value)).join(', ')}}`;
  const keys = Object.keys(extra).sort();
  const map = keys.map(key => `${JSON.stringify(key)}:${list(extra[key]!)}`).join(', ');
  const extras = keys.length === 0 ? '(nil)' : `{${map}}`;
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${list(groups)}, Extra:map[string][]string${extras}}`;
}

/** Every part of the wanted identity needs a right; constrained modes also one for the request itself. */
async function check(authorizer: Authorizer, {name: mode}: Mode, identity: Identity, wanted: Wanted, info: RequestInfo): Promise<void> {
  const known = mode === 'associated-node' ? {...identity, extra: associatedExtra(identity)} : identity;
  const demand = async (attributes: AccessAttributes) => {
    const {allowed, reason} = await authorizer(attributes);
    if (!allowed) throw refusal(attributes, reason);
  };
  if (mode !== '') await demand({...info, identity: known, verb: `impersonate-on:${mode}:${info.verb}`});
  const verb = mode === '' ? 'impersonate' : `impersonate:${mode}`;
  const group = mode === '' ? '' : AUTHENTICATION;
  const of = (resource: string, name: string, more: Partial<AccessAttributes> = {}) =>
    demand({...NOTHING, identity: known, verb, group, resource, name, ...more});
  const [account, node] = [accountOf(wanted.name), mode === '' ? undefined : nodeOf(wanted.name)];
  if (account) await of('serviceaccounts', account.name, {namespace: account.namespace});
  else if (node !== undefined) await of('nodes', mode === 'associated-node' ? '*' : node);
  else await of('users', wanted.name);
  if (wanted.uid !== '') await of('uids', wanted.uid, {group: AUTHENTICATION});
  if (mode !== '') refuseUnsafe(wanted, {...NOTHING, identity, verb, group});
  for (const name of wanted.groups) await of('groups', name);
  for (const [key, values] of Object.entries(wanted.extra)) {
    for (const value of values) await of('userextras', value, {group: AUTHENTICATION, subresource: key});
  }
}

const AUTHENTICATION = 'authentication.k8s.io';
const NOTHING = {isResource: true, version: 'v1', subresource: '', namespace: '', path: ''};

/** The right to be one's own node is the same on every node. */
const associatedExtra = ({extra}: Identity) => ({
  'authentication.kubernetes.io/associated-node-keys': Object.keys(extra ?? {}).sort(),
});

/** What nobody may become by a constrained mode. */
function refuseUnsafe({groups, extra}: Wanted, attributes: Omit<AccessAttributes, 'resource' | 'name'>): void {
  const refuse = (resource: string, name: string, why: string) => refusal({...attributes, resource, name}, why);
  if (groups.includes('')) throw refuse('groups', '', 'impersonating the empty string group is not allowed');
  if (groups.includes(MASTERS)) throw refuse('groups', MASTERS, `impersonating the ${MASTERS} group is not allowed`);
  for (const [key, values] of Object.entries(extra)) {
    const why =
      key === ''
        ? 'the empty string key in extra'
        : values.length === 0
          ? 'empty values in extra'
          : values.includes('')
            ? 'the empty string value in extra'
            : undefined;
    if (why !== undefined) throw refuse('userextras', '', `impersonating ${why} is not allowed`);
  }
}

const MASTERS = 'system:masters';
const ANONYMOUS = 'system:anonymous';
const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

/** A service account and a node bring their own groups; everybody but the anonymous user is authenticated. */
function impersonated({name, uid, groups, extra}: Wanted, mode: Mode): Identity {
  const account = accountOf(name);
  const own =
    account && groups.length === 0
      ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
      : mode.name !== '' && nodeOf(name) !== undefined
        ? ['system:nodes']
        : [...groups];
  const implied = name === ANONYMOUS ? UNAUTHENTICATED : own.includes(UNAUTHENTICATED) ? undefined : AUTHENTICATED;
  return {
    name,
    ...(uid !== '' && {uid}),
    groups: implied === undefined || own.includes(implied) ? own : [...own, implied],
    ...(Object.keys(extra).length > 0 && {extra: extra as {[key: string]: string[]}}),
  };
}

function accountOf(user: string): {readonly namespace: string; readonly name: string} | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  return isDNS1123Label(namespace).length === 0 && isDNS1123Subdomain(name).length === 0 ? {namespace, name} : undefined;
}

function nodeOf(user: string): string | undefined {
  const name = /^system:node:(.+)$/.exec(user)?.[1];
  return name !== undefined && isDNS1123Subdomain(name).length === 0 ? name : undefined;
}
