import type {FieldError, FieldPath} from '../api/field.ts';
import {child, invalid, required} from '../api/field.ts';
import {isDNS1123Subdomain, isPortNumber} from '../api/names.ts';
import {collect} from './rules.ts';

/** Where a webhook is: a URL or a Service (k8s.io/apiserver/pkg/util/webhook/validation.go). */
export interface WebhookAddress {
  readonly url?: string;
  readonly service?: {readonly name: string; readonly namespace: string; readonly path?: string; readonly port?: number};
}

/** Exactly one of both, and a good one. */
export function validateWebhookAddress({url, service}: WebhookAddress, path: FieldPath): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [required(path, 'exactly one of url or service is required')];
  return url === undefined ? validateService(service!, child(path, 'service')) : validateURL(url, child(path, 'url'));
}

const FORM = 'desired format: https://host[/path]';

// Scheme, authority, path, query, fragment, as RFC 3986 splits them.
const PARTS = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

function validateURL(url: string, path: FieldPath): FieldError[] {
  const bad = parseError(url);
  if (bad !== undefined) return [required(path, `url must be a valid URL: parse ${JSON.stringify(url)}: ${bad}; ${FORM}`)];
  const [, scheme = '', authority = '', , query = '', fragment = ''] = PARTS.exec(url) ?? [];
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  return collect(
    scheme.toLowerCase() !== 'https' && invalid(path, scheme.toLowerCase(), `'https' is the only allowed URL scheme; ${FORM}`),
    host === '' && invalid(path, host, `host must be specified; ${FORM}`),
    at >= 0 && invalid(path, authority.slice(0, at), 'user information is not permitted in the URL'),
    fragment !== '' && invalid(path, fragment, 'fragments are not permitted in the URL'),
    query !== '' && invalid(path, query, 'query parameters are not permitted in the URL'),
  );
}

/** What Go's url.Parse would say. */
function parseError(url: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(url)) return 'net/url: invalid control character in URL';
  if (url.startsWith(':')) return 'missing protocol scheme';
  const badEscape = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(url);
  if (badEscape) return `invalid URL escape ${JSON.stringify(badEscape[0])}`;
  const [, scheme, authority, rest = ''] = PARTS.exec(url) ?? [];
  if (scheme === undefined && authority === undefined && /^[^/]*:/.test(rest)) return 'first path segment in URL cannot contain colon';
  if (authority !== undefined && /[ "<>^`{|}\\]/.test(authority)) {
    return `invalid character ${JSON.stringify(/[ "<>^`{|}\\]/.exec(authority)![0])} in host name`;
  }
  if (/^\[[^\]]*$/.test(authority?.slice(authority.lastIndexOf('@') + 1) ?? '')) return "missing ']' in host";
  const port = /:([^:\]]*)$/.exec(authority?.slice(authority.lastIndexOf('@') + 1) ?? '')?.[1];
  return port !== undefined && !/^\d*$/.test(port) ? `invalid port ${JSON.stringify(`:${port}`)} after host` : undefined;
}

function validateService({name, namespace, path: urlPath, port}: NonNullable<WebhookAddress['service']>, path: FieldPath): FieldError[] {
  return collect(
    // Upstream tells each of these two at the other's path.
    !namespace && required(child(path, 'name')),
    !name && required(child(path, 'namespace')),
    isPortNumber(port ?? 0).map(message => invalid(child(path, 'port'), port ?? 0, `port is not valid: ${message}`)),
    urlPath && validatePath(urlPath, child(path, 'path')),
  );
}

function validatePath(urlPath: string, path: FieldPath): FieldError[] {
  if (urlPath === '/') return [];
  if (urlPath === '//') return [invalid(path, urlPath, 'segment[0] may not be empty')];
  const segments = urlPath.slice(1).replace(/\/$/, '').split('/');
  return collect(
    !urlPath.startsWith('/') && invalid(path, urlPath, "must start with a '/'"),
    ...segments.map((segment, i) =>
      segment === ''
        ? invalid(path, urlPath, `segment[${i}] may not be empty`)
        : isDNS1123Subdomain(segment).map(message => invalid(path, urlPath, `segment[${i}]: ${message}`)),
    ),
  );
}
