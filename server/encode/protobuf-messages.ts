import type protobuf from 'protobufjs/minimal.js';
import type {MessageFieldFact} from '../../openapi/facts.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {setOwn} from '../api/json.ts';
import type {ValueCodec} from './protobuf-values.ts';
import {scalarCodec, specialCodec} from './protobuf-values.ts';

/** Writes an object's fields, without tag and length. */
export type Encoder = (object: JsonObject, writer: protobuf.Writer) => void;

/** Reads a message that ends at `end`. */
export type Decoder = (reader: protobuf.Reader, end: number) => JsonObject;

export interface Messages {
  encoder(name: string): Encoder;
  decoder(name: string): Decoder;
}

/** Codecs of messages, made on first use and kept. */
export function createMessages(facts: {readonly [name: string]: readonly MessageFieldFact[]}): Messages {
  const known = new Map<string, Message>();
  const message = (name: string): Message => {
    let found = known.get(name);
    if (!found) {
      found = {fields: []};
      known.set(name, found);
      found.fields = facts[name]!.filter(([, json]) => json !== '-').map(fact => makeField(fact, codec));
    }
    return found;
  };
  const codec = (type: string): ValueCodec => {
    const plain = scalarCodec(type) ?? specialCodec(type, codec);
    if (plain) return plain;
    // The message may contain itself: it is looked up when it is used.
    return {
      wire: 2,
      write(value, writer) {
        writer.fork();
        encodeMessage(message(type), value as JsonObject, writer);
        writer.ldelim();
      },
      read(reader) {
        const end = reader.uint32() + reader.pos;
        return decodeMessage(message(type), reader, end);
      },
      zero: () => ({}),
    };
  };
  return {
    encoder: name => (object, writer) => encodeMessage(message(name), object, writer),
    decoder: name => (reader, end) => decodeMessage(message(name), reader, end),
  };
}

interface Message {
  fields: readonly MessageField[];
}

interface MessageField {
  readonly number: number;
  /** Empty: the fields of the nested message stand in the parent's JSON. */
  readonly json: string;
  readonly shape: 'one' | 'list' | 'map';
  readonly codec: ValueCodec;
  readonly tag: number;
  /** Absent and zero differ; without it a value is always written. */
  readonly pointer: boolean;
  /** Of maps to bytes: null is no value, which empty ones are. */
  readonly sparse: boolean;
}

function makeField([number, json, type, flags]: MessageFieldFact, codecOf: (type: string) => ValueCodec): MessageField {
  const shape = type.startsWith('[]') ? 'list' : type.startsWith('{') ? 'map' : 'one';
  const inner = shape === 'list' ? type.slice(2) : shape === 'map' ? type.slice(type.indexOf('}') + 1) : type;
  const codec = codecOf(inner);
  // Bytes are a slice in Go: nil is absent.
  return {
    number,
    json,
    shape,
    codec,
    tag: (number << 3) | (shape === 'map' ? 2 : codec.wire),
    pointer: flags.includes('p') || type === 'bytes',
    sparse: shape === 'map' && inner === 'bytes',
  };
}

function encodeMessage({fields}: Message, object: JsonObject, writer: protobuf.Writer): void {
  for (const field of fields) {
    const {json, shape, codec, tag, pointer} = field;
    if (json === '') {
      codec.write(object, writer.uint32(tag));
      continue;
    }
    const value = object[json];
    if (shape === 'list') {
      if (Array.isArray(value)) for (const item of value) codec.write(item ?? codec.zero(), writer.uint32(tag));
    } else if (shape === 'map') {
      if (value) encodeMap(value as JsonObject, field, writer);
    } else if (value !== undefined && value !== null) codec.write(value, writer.uint32(tag));
    else if (!pointer) codec.write(codec.zero(), writer.uint32(tag));
  }
}

function encodeMap(map: JsonObject, {codec, tag, sparse}: MessageField, writer: protobuf.Writer): void {
  for (const key of Object.keys(map).sort()) {
    writer.uint32(tag).fork().uint32(0x0a).string(key);
    if (!sparse || map[key] !== null) codec.write(map[key] ?? codec.zero(), writer.uint32(0x10 | codec.wire));
    writer.ldelim();
  }
}

function decodeMessage({fields}: Message, reader: protobuf.Reader, end: number): JsonObject {
  const object: JsonObject = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = fields.find(candidate => candidate.tag === tag);
    if (!field) reader.skipType(tag & 7);
    else if (field.json === '') Object.assign(object, field.codec.read(reader));
    else if (field.shape === 'one') object[field.json] = field.codec.read(reader);
    else if (field.shape === 'list') {
      const item = field.codec.read(reader);
      const list = object[field.json] as Json[] | undefined;
      if (list) list.push(item);
      else object[field.json] = [item];
    } else {
      object[field.json] ??= {};
      decodeEntry(object[field.json] as JsonObject, field, reader);
    }
  }
  return object;
}

function decodeEntry(map: JsonObject, {codec}: MessageField, reader: protobuf.Reader): void {
  const end = reader.uint32() + reader.pos;
  let key = '';
  let value: Json | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0x0a) key = reader.string();
    else if (tag === (0x10 | codec.wire)) value = codec.read(reader);
    else reader.skipType(tag & 7);
  }
  setOwn(map, key, value ?? codec.zero());
}
