import type {IncomingMessage, OutgoingHttpHeaders, ServerResponse} from 'node:http';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import type {WallClock} from '../api/clock.ts';
import type {Answer} from '../app.ts';
import {encode} from '../encode/encode.ts';
import {encodeList} from '../encode/list-pieces.ts';
import type {ProtobufCodec} from '../encode/protobuf.ts';
import {sendBytes} from './send-bytes.ts';
import {sendPieces} from './send-pieces.ts';
import {sendWatch} from './send-watch.ts';
import {warningHeaders} from './warnings.ts';

export interface SendContext {
  /** Cluster time. */
  now(): number;
  protobuf: ProtobufCodec;
  wall: WallClock;
  /** Told of errors nobody expected. */
  report(error: unknown): void;
}

/** Writes an answer to its socket. */
export async function send(
  answer: Answer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  {now, protobuf, wall}: SendContext,
): Promise<void> {
  const {response, context} = answer;
  const {body} = response;
  const headers = commonHeaders(answer);
  // A body that was not read would be taken for the next request.
  if (!incoming.complete && incoming.readableFlowing !== true && hasBody(incoming)) headers.Connection = 'close';
  switch (body.type) {
    case 'upgrade':
      // Only transport/upgrade.ts can do that, and it does.
      outgoing.destroy();
      return;
    case 'none':
      outgoing.writeHead(response.status, headers);
      outgoing.end();
      return;
    case 'watch':
      return sendWatch(body, context.accepted, headers, outgoing, {now, protobuf});
    case 'stream':
      outgoing.writeHead(response.status, {...headers, 'Content-Type': body.contentType});
      outgoing.flushHeaders();
      return pipeline(Readable.from(body.stream), outgoing);
    case 'text':
      return sendBytes(incoming, outgoing, response.status, headers, body.contentType, Buffer.from(body.text));
    case 'bytes':
      return sendBytes(incoming, outgoing, response.status, headers, body.contentType, body.bytes);
    case 'list': {
      const {contentType, pieces} = encodeList(body, context.accepted, {now: now(), protobuf});
      return sendPieces(incoming, outgoing, response.status, headers, contentType, pieces, wall);
    }
    default: {
      const {contentType, bytes} = encode(body, context.accepted, {now: now(), protobuf});
      return sendBytes(incoming, outgoing, response.status, headers, contentType, bytes);
    }
  }
}

const hasBody = ({headers}: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

function commonHeaders({response, context}: Answer): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {'Audit-Id': context.auditId, 'Cache-Control': 'no-cache, private', ...response.headers};
  if (context.warnings.size > 0) headers.Warning = warningHeaders([...context.warnings]);
  if (context.flow) {
    headers['X-Kubernetes-Pf-Flowschema-Uid'] = context.flow.flowSchemaUid;
    headers['X-Kubernetes-Pf-Prioritylevel-Uid'] = context.flow.priorityLevelUid;
  }
  return headers;
}
