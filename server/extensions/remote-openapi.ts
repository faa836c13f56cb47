import type {JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {APIServiceSpec} from '../api/kinds.generated.ts';
import {nestingOf} from '../schema/parse-json.ts';
import type {Forward} from './forward.ts';

/** What another server says of its types. */
export interface RemoteOpenApi {
  /** Its Swagger document, and the ETag under which it has it; undefined: it has none. */
  readonly v2: {readonly document: JsonObject; readonly etag: string | undefined} | undefined;
  /** The entries of its /openapi/v3 by name, `apis/metrics.k8s.io/v1beta1`. */
  readonly v3: {readonly [name: string]: JsonObject};
}

// Nobody's documents may fill the memory.
const MAX_DOCUMENT = 32 * 1024 * 1024;
const SECONDS = 5;

/** Asks a server for its documents; what it does not answer stays as `known` has it (k8s.io/kube-aggregator/pkg/controllers/openapi, openapiv3). */
export async function readOpenApi(forward: Forward, spec: APIServiceSpec, known: RemoteOpenApi | undefined): Promise<RemoteOpenApi> {
  const ask = (path: string, headers: {[name: string]: string}) =>
    forward(spec, {method: 'GET', path, headers, seconds: SECONDS, identity: AGGREGATOR});
  const readV2 = async (): Promise<RemoteOpenApi['v2']> => {
    const etag = known?.v2?.etag;
    const answer = await ask('/openapi/v2', {accept: 'application/json', ...(etag !== undefined && {'if-none-match': etag})});
    const bytes = await answer.read(MAX_DOCUMENT);
    if (answer.status === 304) return known?.v2;
    if (answer.status === 404) return undefined;
    const document = answer.status === 200 ? parsed(bytes) : undefined;
    return document ? {document, etag: answer.headers.etag} : known?.v2;
  };
  const readV3 = async (): Promise<RemoteOpenApi['v3']> => {
    const answer = await ask('/openapi/v3', {accept: 'application/json'});
    const document = parsed(await answer.read(MAX_DOCUMENT));
    if (answer.status === 404) return {};
    const paths = answer.status === 200 ? document?.paths : undefined;
    return isObject(paths)
      ? Object.fromEntries(Object.entries(paths).filter((entry): entry is [string, JsonObject] => isObject(entry[1])))
      : (known?.v3 ?? {});
  };
  return {v2: await readV2().catch(() => known?.v2), v3: await readV3().catch(() => known?.v3 ?? {})};
}

const AGGREGATOR = {name: 'system:aggregator', groups: ['system:authenticated']};

// Documents are walked through by functions that call themselves.
const MAX_NESTING = 200;

/** An object that somebody else's server wrote; undefined: it is none, or one that nobody would write. */
export function parsed(bytes: Buffer): JsonObject | undefined {
  const text = bytes.toString();
  try {
    const document: unknown = nestingOf(text) <= MAX_NESTING ? JSON.parse(text) : undefined;
    return isObject(document) ? document : undefined;
  } catch {
    return undefined;
  }
}
