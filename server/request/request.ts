import type {Duplex} from 'node:stream';
import type {ClientCertificate} from '../access/client-certificates.ts';
import type {Identity} from '../api/client.ts';
import type {JsonObject} from '../api/json.ts';
import type {Resource} from '../resources/resource.ts';
import type {Entry} from '../storage/types.ts';
import type {Flow} from './flow-control.ts';
import type {RequestInfo} from './info.ts';
import type {Accepted} from './negotiate.ts';

/** A request without its socket: what transports hand to the pipeline. */
export interface ApiRequest {
  readonly method: string;
  /** Percent-encoded path, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: {readonly [name: string]: string | string[] | undefined};
  readonly body: RequestBody;
  /** Set by transports that know who asks: the in-process client. */
  readonly identity?: Identity;
  /** What the client of a TLS connection showed; nobody has looked yet who stands behind it. */
  readonly certificate?: ClientCertificate;
  /** Aborts when the client goes away. */
  readonly signal?: AbortSignal;
}

/** Bytes from a socket, or an object from the in-process client; `read` rejects with 413 beyond the limit. */
export type RequestBody =
  | {readonly type: 'bytes'; read(limit: number): Promise<Buffer>}
  | {readonly type: 'object'; readonly object: JsonObject | undefined};

export interface ApiResponse {
  status: number;
  headers: {[name: string]: string | string[]};
  body: ResponseBody;
}

/** What of a resource has to be known to send an object of it in another form. */
export type FormResource = Pick<Resource, 'group' | 'version' | 'kind' | 'custom' | 'view' | 'columns' | 'rowConditions'>;

/** What a verb answers; encoding belongs to the transport's side (encode/). */
export type ResponseBody =
  | {type: 'none'}
  /** `resource`: whose object it is, so that it can be sent as Table or metadata. */
  | {type: 'object'; object: JsonObject; resource?: FormResource}
  | {type: 'entry'; resource: Resource; entry: Entry}
  | {type: 'list'; resource: Resource; entries: readonly Entry[]; metadata: JsonObject}
  | {type: 'watch'; resource: Resource; stream: WatchStream}
  | {type: 'text'; text: string; contentType: string}
  | {type: 'bytes'; bytes: Buffer; contentType: string}
  | {type: 'stream'; stream: AsyncIterable<Uint8Array | string>; contentType: string}
  /** The connection becomes something else: from here on `open` owns it, the client's first bytes included. */
  | {type: 'upgrade'; open(connection: Duplex, head: Buffer): void};

export type WatchFrame =
  | {type: 'ADDED' | 'MODIFIED' | 'DELETED'; entry: Entry}
  | {type: 'BOOKMARK'; revision: number; initialEventsEnd: boolean}
  | {type: 'ERROR'; status: JsonObject};

/** A running watch: read when ready; nothing is queued inside. */
export interface WatchStream {
  /** The next frames, at most `limit`; empty when there is nothing now. */
  read(limit: number): WatchFrame[];
  /** No frame will follow. */
  readonly ended: boolean;
  /** Called when there may be something to read, or the end has come. */
  onReady(wake: () => void): void;
  close(): void;
}

/** One request on its way through the pipeline. */
export interface RequestContext {
  readonly request: ApiRequest;
  info: RequestInfo;
  identity: Identity;
  /** How the answer is wanted; set by the negotiate filter. */
  accepted: Accepted;
  readonly auditId: string;
  /** Texts of Warning headers, in order. */
  readonly warnings: Set<string>;
  /** What priority and fairness make of the request; undefined where they do not look at it. */
  flow?: Flow;
  /** The request passed authorization. */
  authorized: boolean;
  /** The kind is deprecated. */
  deprecated?: true;
}
