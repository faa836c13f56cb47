import type {IncomingMessage, OutgoingHttpHeaders, ServerResponse} from 'node:http';
import {promisify} from 'node:util';
import {gzip} from 'node:zlib';

// k8s.io/apiserver/pkg/endpoints/handlers/responsewriters: answers below this go out as they are, others at the quickest level.
export const GZIP_THRESHOLD = 128 * 1024;
export const GZIP_LEVEL = 1;
const compress = promisify(gzip);

export const acceptsGzip = ({headers}: IncomingMessage): boolean => /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''));

/** Sends bytes that are all there, zipped where that is wanted and worth it. */
export async function sendBytes(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  contentType: string,
  bytes: Buffer,
): Promise<void> {
  const zipped = bytes.length > GZIP_THRESHOLD && acceptsGzip(incoming);
  const content = zipped ? await compress(bytes, {level: GZIP_LEVEL}) : bytes;
  outgoing.writeHead(status, {
    ...headers,
    'Content-Type': contentType,
    ...(zipped && {'Content-Encoding': 'gzip', Vary: 'Accept-Encoding'}),
    'Content-Length': content.length,
  });
  outgoing.end(incoming.method === 'HEAD' ? undefined : content);
}
