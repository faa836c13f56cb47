/** An image whose contents are known a little: what it serves, and where. */
export interface KnownImage {
  /** Ports that it listens on, whether the pod tells of them or not. */
  readonly ports: readonly number[];
  /** The directory of what it serves. */
  readonly root: string;
  readonly files: {readonly [name: string]: string};
}

const page = (title: string): string =>
  `<!DOCTYPE html>\n<html>\n<head><title>${title}</title></head>\n<body><h1>${title}</h1></body>\n</html>\n`;

const NGINX: KnownImage = {ports: [80], root: '/usr/share/nginx/html', files: {'index.html': page('Welcome to nginx!')}};
const HTTPD: KnownImage = {ports: [80], root: '/usr/local/apache2/htdocs', files: {'index.html': page('It works!')}};

const IMAGES: ReadonlyMap<string, KnownImage> = new Map([
  ['nginx', NGINX],
  ['nginx-unprivileged', {...NGINX, ports: [8080]}],
  ['httpd', HTTPD],
]);

/** By the last part of its name, whatever registry and tag. */
export const knownImage = (image: string): KnownImage | undefined => IMAGES.get(/([^/:@]+)(?::[^/]*)?(?:@.*)?$/.exec(image)?.[1] ?? '');
