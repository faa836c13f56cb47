import type {Identity} from '../api/client.ts';

/** `--requestheader-*` of kube-apiserver: whom a proxy that is trusted may name, and in which headers. */
export interface RequestHeaderOptions {
  /** PEM of the authorities behind the proxies' client certificates. */
  readonly ca: string;
  /** Common names of the proxies; none: whoever the authorities stand behind. */
  readonly allowedNames: readonly string[];
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
}

type Headers = {readonly [name: string]: string | string[] | undefined};

/** Is it one of the headers that a proxy may name somebody in? Names are in lower case. */
export function isIdentityHeader(options: RequestHeaderOptions): (name: string) => boolean {
  const {usernameHeaders, uidHeaders, groupHeaders, extraHeaderPrefixes} = options;
  const names = new Set([...usernameHeaders, ...uidHeaders, ...groupHeaders].map(lower));
  const prefixes = extraHeaderPrefixes.map(lower);
  return name => names.has(name) || prefixes.some(prefix => name.startsWith(prefix));
}

/** Whom the headers name; undefined: nobody (k8s.io/apiserver/pkg/authentication/request/headerrequest). */
export function namedByHeaders(headers: Headers, options: RequestHeaderOptions): Identity | undefined {
  const name = first(headers, options.usernameHeaders);
  if (name === '') return undefined;
  const uid = first(headers, options.uidHeaders);
  const extra = extraOf(headers, options.extraHeaderPrefixes);
  return {
    name,
    ...(uid !== '' && {uid}),
    groups: options.groupHeaders.flatMap(header => valuesOf(headers, header)).filter(group => group !== ''),
    ...(Object.keys(extra).length > 0 && {extra}),
  };
}

const lower = (text: string): string => text.toLowerCase();

const valuesOf = (headers: Headers, name: string): string[] => [headers[lower(name)] ?? []].flat();

const first = (headers: Headers, names: readonly string[]): string =>
  names.map(name => valuesOf(headers, name)[0] ?? '').find(value => value !== '') ?? '';

function extraOf(headers: Headers, prefixes: readonly string[]): {[key: string]: string[]} {
  const extra = new Map<string, string[]>();
  for (const prefix of prefixes.map(lower)) {
    for (const name of Object.keys(headers)) {
      if (!name.startsWith(prefix)) continue;
      const key = decodeExtraKey(name.slice(prefix.length));
      extra.set(key, [...(extra.get(key) ?? []), ...valuesOf(headers, name)]);
    }
  }
  return Object.fromEntries(extra);
}

/** Keys of extra information come percent-encoded in headers' names; what cannot be decoded is taken as it is. */
export function decodeExtraKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
