import type {Identity} from '../api/client.ts';
import {ApiError} from '../api/status.ts';
import type {ApiRequest} from './request.ts';

const EXTRA = 'impersonate-extra-';

/** Acts as somebody else where the headers ask for it (k8s.io/apiserver/pkg/endpoints/filters/impersonation.go). */
export function impersonate(identity: Identity, {headers}: ApiRequest): Identity {
  const user = one(headers['impersonate-user']);
  const groups = many(headers['impersonate-group']);
  const uid = one(headers['impersonate-uid']);
  const extraNames = Object.keys(headers).filter(name => name.startsWith(EXTRA));
  if (user === undefined || user === '') {
    if (groups.length > 0 || uid !== undefined || extraNames.length > 0) {
      throw new ApiError(500, 'InternalError', 'Internal error occurred: requested impersonation without impersonating a user', {
        causes: [{message: 'requested impersonation without impersonating a user'}],
      });
    }
    return identity;
  }
  const extra = Object.fromEntries(extraNames.map(name => [decodeURIComponent(name.slice(EXTRA.length)), many(headers[name])]));
  return {
    name: user,
    ...(uid !== undefined && {uid}),
    groups: impersonatedGroups(user, groups),
    ...(extraNames.length > 0 && {extra}),
  };
}

/** A service account brings its own groups unless others are named; everybody but the anonymous user is authenticated. */
function impersonatedGroups(user: string, named: string[]): string[] {
  const account = /^system:serviceaccount:([^:]+):[^:]+$/.exec(user);
  const groups = named.length === 0 && account ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`] : [...named];
  if (user === 'system:anonymous') return groups.includes('system:unauthenticated') ? groups : [...groups, 'system:unauthenticated'];
  return groups.includes('system:authenticated') || groups.includes('system:unauthenticated')
    ? groups
    : [...groups, 'system:authenticated'];
}

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
const many = (value: string | string[] | undefined): string[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
