import protobuf from 'protobufjs/minimal.js';
import type {Facts} from '../../openapi/facts.ts';
import type {JsonObject} from '../api/json.ts';
import type {WatchEventType} from '../api/object.ts';
import type {Decoder, Encoder} from './protobuf-messages.ts';
import {createMessages} from './protobuf-messages.ts';

/** Bytes that are no protobuf object; the message is upstream's. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtobufError';
  }
}

/** A decoded body: what its envelope names, and its fields as JSON (not canonical: zero values and order are the reader's business). */
export interface Unwrapped {
  readonly apiVersion: string;
  readonly kind: string;
  /** undefined: the kind has no message here. */
  readonly object: JsonObject | undefined;
}

/** `application/vnd.kubernetes.protobuf`, for built-in kinds, their lists, options, Status and discovery. */
export interface ProtobufCodec {
  /** Is there a message for the kind? */
  knows(apiVersion: string, kind: string): boolean;
  /** An object in canonical JSON form, enveloped; kind and apiVersion go into the envelope. Throws ProtobufError for a kind without message. */
  encode(object: JsonObject): Buffer;
  /** An object's message without its envelope: an item of a list. Throws ProtobufError for a kind without message. */
  encodeMessage(object: JsonObject): Buffer;
  /** A list of encoded items, enveloped, piece by piece. */
  encodeList(apiVersion: string, kind: string, metadata: JsonObject, items: readonly Buffer[]): Iterable<Buffer>;
  /** Reads an envelope. Throws ProtobufError. */
  decode(bytes: Buffer): Unwrapped;
  /** A frame of a watch: its length in four bytes, then a WatchEvent around `object`, an enveloped object. */
  watchFrame(type: WatchEventType | 'ERROR', object: Buffer): Buffer;
}

const MAGIC = Buffer.from('k8s\0');
const META = 'apimachinery.pkg.apis.meta.v1';

/** The codec of one version's messages; each message is prepared when it is first met. */
export function createProtobuf(facts: Facts): ProtobufCodec {
  const messages = createMessages(facts.messages);
  const messageName = (apiVersion: string, kind: string): string | undefined => {
    const own = `${facts.protobufPackages[apiVersion] ?? META}.${kind}`;
    return [own, `${META}.${kind}`].find(name => name in facts.messages);
  };
  const encoderOf = ({apiVersion = '', kind = ''}: {apiVersion?: string; kind?: string}): Encoder => {
    const name = messageName(apiVersion, kind);
    if (name === undefined) throw new ProtobufError(`no protobuf message for ${apiVersion} ${kind}`);
    return messages.encoder(name);
  };
  return {
    knows: (apiVersion, kind) => messageName(apiVersion, kind) !== undefined,
    encode(object) {
      const {apiVersion = '', kind = ''} = object as {apiVersion?: string; kind?: string};
      return envelope(apiVersion, kind, encoderOf(object), object);
    },
    encodeMessage(object) {
      const writer = protobuf.Writer.create();
      encoderOf(object)(object, writer);
      return exact(writer);
    },
    *encodeList(apiVersion, kind, metadata, items) {
      const inner = protobuf.Writer.create();
      encoderOf({apiVersion, kind})({metadata, items: []}, inner);
      const start = inner.finish();
      const size = items.reduce((sum, item) => sum + lengthPrefix(ITEMS, item.length).length + item.length, start.length);
      const head = protobuf.Writer.create();
      head.uint32(0x0a).fork().uint32(0x0a).string(apiVersion).uint32(0x12).string(kind).ldelim();
      yield Buffer.concat([MAGIC, head.finish(), lengthPrefix(0x12, size), start]);
      for (const item of items) {
        yield lengthPrefix(ITEMS, item.length);
        yield item;
      }
      yield NO_ENCODINGS;
    },
    decode(bytes) {
      if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new ProtobufError(notProtobuf(bytes));
      const {apiVersion, kind, raw} = open(bytes.subarray(MAGIC.length));
      const name = messageName(apiVersion, kind);
      return {apiVersion, kind, object: name === undefined ? undefined : guarded(() => read(messages.decoder(name), raw))};
    },
    watchFrame(type, object) {
      const writer = protobuf.Writer.create();
      writer.uint32(0x0a).string(type).uint32(0x12).fork().uint32(0x0a).bytes(object).ldelim();
      const event = writer.finish();
      const frame = Buffer.allocUnsafeSlow(event.length + 4);
      frame.writeUInt32BE(event.length);
      frame.set(event, 4);
      return frame;
    },
  };
}

// Field 2 of every list.
const ITEMS = 0x12;
const NO_ENCODINGS = Buffer.from([0x1a, 0, 0x22, 0]);

const lengthPrefix = (tag: number, length: number): Buffer => Buffer.from(protobuf.Writer.create().uint32(tag).uint32(length).finish());

/** Not from a pool: what is kept with entries would keep its neighbours too. */
function exact(writer: protobuf.Writer): Buffer {
  const bytes = writer.finish();
  const buffer = Buffer.allocUnsafeSlow(bytes.length);
  buffer.set(bytes);
  return buffer;
}

/** runtime.Unknown: type, message, and two strings that are always written. */
function envelope(apiVersion: string, kind: string, encoder: Encoder, object: JsonObject): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(0x0a).fork().uint32(0x0a).string(apiVersion).uint32(0x12).string(kind).ldelim();
  writer.uint32(0x12).fork();
  encoder(object, writer);
  writer.ldelim().uint32(0x1a).string('').uint32(0x22).string('');
  const body = writer.finish();
  const bytes = Buffer.allocUnsafeSlow(MAGIC.length + body.length);
  bytes.set(MAGIC);
  bytes.set(body, MAGIC.length);
  return bytes;
}

function open(bytes: Buffer): {apiVersion: string; kind: string; raw: Uint8Array} {
  const found = {apiVersion: '', kind: '', raw: new Uint8Array() as Uint8Array};
  return guarded(() => {
    const reader = protobuf.Reader.create(bytes);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === 0x12) found.raw = reader.bytes();
      else if (tag === 0x0a) {
        const end = reader.uint32() + reader.pos;
        while (reader.pos < end) {
          const inner = reader.uint32();
          if (inner === 0x0a) found.apiVersion = reader.string();
          else if (inner === 0x12) found.kind = reader.string();
          else reader.skipType(inner & 7);
        }
      } else reader.skipType(tag & 7);
    }
    return found;
  });
}

const read = (decoder: Decoder, raw: Uint8Array): JsonObject => decoder(protobuf.Reader.create(raw), raw.length);

/** Whatever is wrong with the bytes, gogo/protobuf calls it an unexpected end. */
function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError || (error as Error).message?.startsWith('invalid wire type') || error instanceof SyntaxError)
      throw new ProtobufError('unexpected EOF');
    throw error;
  }
}

/** The words for a body that is something else (runtime/serializer/protobuf), with its bytes as far as they are told. */
function notProtobuf(bytes: Buffer): string {
  const expected = [...MAGIC].join(' ');
  return bytes.length === 0 ? 'empty data' : `provided data does not appear to be a protobuf message, expected prefix [${expected}]`;
}
