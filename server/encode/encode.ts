import type {JsonObject} from '../api/json.ts';
import type {Accepted} from '../request/negotiate.ts';
import type {EncodeContext} from './list-pieces.ts';
import {encodeList, PROTOBUF} from './list-pieces.ts';
import type {Whole} from './objects.ts';
import {entryBytes, toObject} from './objects.ts';
import {transformed, transformedBytes} from './transform.ts';
import {toYaml} from './yaml.ts';

/** An answer's bytes, as many pieces as it is cheapest to make. */
export interface Encoded {
  contentType: string;
  bytes: Buffer;
}

const NEWLINE = Buffer.from('\n');

/** Encodes an object, an entry or a list as the client wants it, all at once. */
export function encode(body: Whole, accepted: Accepted, context: EncodeContext): Encoded {
  if (body.type === 'list') {
    const {contentType, pieces} = encodeList(body, accepted, context);
    return {contentType, bytes: Buffer.concat([...pieces])};
  }
  const form = accepted.as === '' ? undefined : encodeForm(body, accepted, context);
  if (form !== undefined) return form;
  if (accepted.mediaType !== 'application/json' || accepted.pretty) return encodeObject(toObject(body), accepted, context);
  const bytes = body.type === 'object' ? Buffer.from(JSON.stringify(body.object)) : entryBytes(body.resource, body.entry);
  return {contentType: 'application/json', bytes: Buffer.concat([bytes, NEWLINE])};
}

/** Tables and metadata; undefined: the body has no other form. */
function encodeForm(body: Exclude<Whole, {type: 'list'}>, accepted: Accepted, context: EncodeContext): Encoded | undefined {
  if (accepted.mediaType === 'application/json' && !accepted.pretty) {
    const bytes = transformedBytes(body, accepted, context.now);
    return bytes && {contentType: 'application/json', bytes};
  }
  const object = transformed(body, accepted, context.now);
  return object && encodeObject(object, accepted, context);
}

function encodeObject(value: JsonObject, {mediaType, pretty}: Accepted, {protobuf}: EncodeContext): Encoded {
  if (mediaType === PROTOBUF && protobuf.knows(String(value.apiVersion), String(value.kind)))
    return {contentType: PROTOBUF, bytes: protobuf.encode(value)};
  if (mediaType === 'application/yaml') return {contentType: mediaType, bytes: Buffer.from(toYaml(value))};
  return {contentType: 'application/json', bytes: Buffer.from(pretty ? JSON.stringify(value, undefined, 2) : `${JSON.stringify(value)}\n`)};
}
