import type {Functions} from '../declarations.ts';
import {declare} from '../declarations.ts';
import {objectType} from '../types.ts';
import type {Opaque, Value} from '../values.ts';
import {failure, list, mapOfEntries, opaque} from '../values.ts';

export const URL_TYPE = objectType('kubernetes.URL');

/** A URL as Go's net/url takes it apart; the path is decoded. */
interface ParsedURL {
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly rawPath: string;
  readonly query: string;
}

type Holder = Opaque & {value: ParsedURL};

/** URLs (k8s.io/apiserver/pkg/cel/library/urls.go). */
export function urlLibrary(functions: Functions): void {
  const add = declare(functions, {URL: URL_TYPE});
  add('url', 'string_to_url', '(string) -> URL', (text: string) => {
    const url = parseURL(text);
    return typeof url === 'string'
      ? failure(`URL parse error during conversion from string: ${url}`)
      : opaque('kubernetes.URL', url, other => other.text === url.text);
  });
  add('isURL', 'is_url_string', '(string) -> bool', (text: string) => typeof parseURL(text) !== 'string');
  add('getScheme', 'url_get_scheme', 'URL.() -> string', ({value}: Holder) => value.scheme);
  add('getHost', 'url_get_host', 'URL.() -> string', ({value}: Holder) => value.host);
  add('getHostname', 'url_get_hostname', 'URL.() -> string', ({value}: Holder) => hostname(value.host));
  add('getPort', 'url_get_port', 'URL.() -> string', ({value}: Holder) => /:(\d*)$/.exec(value.host.replace(/^\[.*\]/, ''))?.[1] ?? '');
  add('getEscapedPath', 'url_get_escaped_path', 'URL.() -> string', ({value}: Holder) => value.rawPath || escapePath(value.path));
  add('getQuery', 'url_get_query', 'URL.() -> map(string, list(string))', ({value}: Holder) => query(value.query));
}

const hostname = (host: string): string => {
  const bare = host.replace(/:\d*$/, '');
  return /^\[.*\]$/.test(bare) ? bare.slice(1, -1) : /^\[/.test(host) ? host.replace(/^\[(.*)\].*$/, '$1') : bare;
};

/** Reads a URL that is absolute or a path (url.ParseRequestURI, then url.Parse); a text says what is wrong. */
export function parseURL(text: string): ParsedURL | string {
  const fault = (why: string): string => `parse ${JSON.stringify(text)}: ${why}`;
  if ([...text].some(char => char < ' ' || char === '\x7f')) return fault('net/url: invalid control character in URL');
  if (text === '') return fault('empty url');
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1];
  if (scheme === undefined && /^[^/?#]*:/.test(text) && /^:/.test(text)) return fault('missing protocol scheme');
  const afterScheme = scheme === undefined ? text : text.slice(scheme.length + 1);
  if (!afterScheme.startsWith('/')) {
    if (scheme === undefined) return fault('invalid URI for request');
    return {text, scheme: scheme.toLowerCase(), host: '', path: '', rawPath: '', query: /\?([^#]*)/.exec(afterScheme)?.[1] ?? ''};
  }
  const [beforeFragment] = afterScheme.split('#', 1) as [string];
  const mark = beforeFragment.indexOf('?');
  const query = mark < 0 ? '' : beforeFragment.slice(mark + 1);
  let rest = mark < 0 ? beforeFragment : beforeFragment.slice(0, mark);
  let host = '';
  if (rest.startsWith('//') && (scheme !== undefined || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    rest = slash < 0 ? '' : rest.slice(slash);
    host = authority.slice(authority.lastIndexOf('@') + 1);
    const why = hostFault(host);
    if (why !== undefined) return fault(why);
  }
  const badEscape = /%(?![0-9a-fA-F]{2}).{0,2}/su.exec(rest)?.[0];
  if (badEscape !== undefined) return fault(`invalid URL escape ${JSON.stringify(badEscape)}`);
  const path = decodePath(rest);
  return {
    text,
    scheme: scheme?.toLowerCase() ?? '',
    host,
    path,
    rawPath: escapePath(path) === rest || /[^\x21-\x7e]/.test(rest) ? '' : rest,
    query,
  };
}

function hostFault(host: string): string | undefined {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']');
    if (end < 0) return "missing ']' in host";
    return portFault(host.slice(end + 1));
  }
  const colon = host.lastIndexOf(':');
  const port = colon < 0 ? undefined : portFault(host.slice(colon));
  if (port !== undefined) return port;
  const bad = /[ "<>\\^`{|}]/.exec(host)?.[0];
  return bad === undefined ? undefined : `invalid character ${JSON.stringify(bad)} in host name`;
}

const portFault = (port: string): string | undefined =>
  port === '' || /^:\d*$/.test(port) ? undefined : `invalid port ${JSON.stringify(port)} after host`;

function decodePath(text: string): string {
  const bytes: number[] = [];
  const source = Buffer.from(text);
  for (let index = 0; index < source.length; index++) {
    if (source[index] === 0x25) {
      bytes.push(Number.parseInt(source.toString('latin1', index + 1, index + 3), 16));
      index += 2;
    } else bytes.push(source[index]!);
  }
  return Buffer.from(bytes).toString();
}

/** url.URL.EscapedPath of a decoded path. */
const escapePath = (path: string): string =>
  [...Buffer.from(path)]
    .map(byte => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9\-_.~$&+,/:;=@]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');

function query(text: string): Value {
  const result = new Map<string, string[]>();
  for (const part of text.split('&')) {
    if (part === '' || part.includes(';') || /%(?![0-9a-fA-F]{2})/.test(part)) continue;
    const [name, ...rest] = part.split('=') as [string, ...string[]];
    const key = decodePath(name.replaceAll('+', ' '));
    const own = result.get(key) ?? [];
    own.push(decodePath(rest.join('=').replaceAll('+', ' ')));
    result.set(key, own);
  }
  return mapOfEntries([...result].map(([key, values]) => [key, list(values)] as const));
}
