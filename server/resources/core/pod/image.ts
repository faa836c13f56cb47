const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const DOMAIN_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const NAME = new RegExp(`^(?:${DOMAIN}/)?${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;

/**
 * The tag of an image reference: `latest` where it names neither tag nor digest, '' where it has only a digest or cannot be read
 * (github.com/distribution/reference by way of pkg/util/parsers).
 */
export function imageTag(image: string): string {
  const [named, digest] = split(image, image.indexOf('@'));
  const colon = named.lastIndexOf(':');
  const [name, tag] = split(named, colon > named.lastIndexOf('/') ? colon : -1);
  if (!NAME.test(name) || repositoryLength(name) > MAX_REPOSITORY || /^[a-f0-9]{64}$/.test(image)) return '';
  if ((tag !== undefined && !TAG.test(tag)) || (digest !== undefined && !DIGEST.test(digest))) return '';
  return tag ?? (digest === undefined ? 'latest' : '');
}

/** The pull policy an image gets if none is named. */
export const defaultPullPolicy = (image: string | undefined): string => (imageTag(image ?? '') === 'latest' ? 'Always' : 'IfNotPresent');

const MAX_REPOSITORY = 255;

/** Of the path below the registry, which is `library/` for short names. */
function repositoryLength(name: string): number {
  const slash = name.indexOf('/');
  if (slash === -1) return `library/${name}`.length;
  return /[.:A-Z]/.test(name.slice(0, slash)) || name.startsWith('localhost/') ? name.length - slash - 1 : name.length;
}

const split = (text: string, position: number): [string, string | undefined] =>
  position < 0 ? [text, undefined] : [text.slice(0, position), text.slice(position + 1)];
