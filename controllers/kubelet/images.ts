import {createHash} from 'node:crypto';

/** What a container status says of an image. */
export interface ImageReference {
  /** `docker.io/library/nginx:1.27` */
  image: string;
  /** `docker.io/library/nginx@sha256:…`, the same for the same image. */
  imageID: string;
}

/** The full name of an image as containerd reports it, with an invented digest. */
export function resolveImage(name: string): ImageReference {
  const [path, digest] = name.split('@') as [string, string?];
  const full = fullName(path);
  const colon = full.lastIndexOf(':');
  const tagged = colon > full.lastIndexOf('/');
  const repository = tagged ? full.slice(0, colon) : full;
  const image = tagged || digest ? full : `${full}:latest`;
  const hash = digest ?? `sha256:${createHash('sha256').update(image).digest('hex')}`;
  return {image: digest ? `${repository}@${digest}` : image, imageID: `${repository}@${hash}`};
}

/** An invented size in bytes, the same for the same image: 5 to 200 MB. */
export const imageSize = (name: string): number => 5_000_000 + (createHash('sha256').update(name).digest().readUInt32BE(0) % 195_000_000);

function fullName(name: string): string {
  const slash = name.indexOf('/');
  const host = slash < 0 ? '' : name.slice(0, slash);
  if (host.includes('.') || host.includes(':') || host === 'localhost') return name;
  return slash < 0 ? `docker.io/library/${name}` : `docker.io/${name}`;
}
