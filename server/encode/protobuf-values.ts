import type protobuf from 'protobufjs/minimal.js';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';

/** One value, without its tag: JSON form ↔ bytes. */
export interface ValueCodec {
  /** Protobuf wire type. */
  readonly wire: 0 | 1 | 2;
  write(value: Json, writer: protobuf.Writer): void;
  read(reader: protobuf.Reader): Json;
  /** The value that Go writes where there is none. */
  zero(): Json;
}

const META = 'apimachinery.pkg.apis.meta.v1.';
const EXTENSIONS = 'apiextensions-apiserver.pkg.apis.apiextensions.v1.';

/** string, bytes (base64 in JSON), bool, int32, int64, double; undefined for messages. */
export const scalarCodec = (type: string): ValueCodec | undefined => SCALARS[type];

const SCALARS: {readonly [type: string]: ValueCodec} = {
  string: {wire: 2, write: (value, writer) => writer.string(value as string), read: reader => reader.string(), zero: () => ''},
  bytes: {
    wire: 2,
    write: (value, writer) => writer.bytes(Buffer.from(value as string, 'base64')),
    read: reader => Buffer.from(reader.bytes()).toString('base64'),
    zero: () => '',
  },
  bool: {wire: 0, write: (value, writer) => writer.bool(value as boolean), read: reader => reader.bool(), zero: () => false},
  int32: {
    wire: 0,
    write: (value, writer) => writer.int64(value as number),
    read: reader => Number(BigInt.asIntN(32, varint(reader))),
    zero: () => 0,
  },
  int64: {
    wire: 0,
    write: (value, writer) => writer.int64(value as number),
    read: reader => Number(BigInt.asIntN(64, varint(reader))),
    zero: () => 0,
  },
  double: {wire: 1, write: (value, writer) => writer.double(value as number), read: reader => reader.double(), zero: () => 0},
};

/** Messages whose JSON is not an object of their fields; undefined for all others. */
export function specialCodec(type: string, codecOf: (type: string) => ValueCodec): ValueCodec | undefined {
  switch (type) {
    case `${META}Time`:
      return timeCodec(false);
    case `${META}MicroTime`:
      return timeCodec(true);
    case `${META}Duration`:
      return durationCodec;
    case 'apimachinery.pkg.api.resource.Quantity':
      return quantityCodec;
    case 'apimachinery.pkg.util.intstr.IntOrString':
      return intOrStringCodec;
    case `${META}FieldsV1`:
    case 'apimachinery.pkg.runtime.RawExtension':
    case `${EXTENSIONS}JSON`:
      return jsonCodec;
    case `${META}Verbs`:
    case 'api.authentication.v1.ExtraValue':
    case 'api.authorization.v1.ExtraValue':
    case 'api.certificates.v1.ExtraValue':
      return stringsCodec;
    case `${EXTENSIONS}JSONSchemaPropsOrBool`:
      return schemaOrBoolCodec(codecOf(`${EXTENSIONS}JSONSchemaProps`));
    case `${EXTENSIONS}JSONSchemaPropsOrArray`:
      return schemaOrListCodec(codecOf(`${EXTENSIONS}JSONSchemaProps`), codecOf(`${EXTENSIONS}JSONSchemaProps`));
    case `${EXTENSIONS}JSONSchemaPropsOrStringArray`:
      return schemaOrListCodec(codecOf(`${EXTENSIONS}JSONSchemaProps`), SCALARS.string!);
    default:
      return undefined;
  }
}

/** All 64 bits of a varint. */
function varint(reader: protobuf.Reader): bigint {
  const value = reader.int64() as unknown as number | {low: number; high: number};
  if (typeof value === 'number') return BigInt(value);
  return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
}

/** Calls `field` for each field of the length-delimited message that begins here. */
function eachField(reader: protobuf.Reader, field: (tag: number) => boolean): void {
  const end = reader.uint32() + reader.pos;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!field(tag)) reader.skipType(tag & 7);
  }
}

/** Timestamp {seconds, nanos}; the zero time, null in JSON, is an empty message. */
const timeCodec = (micro: boolean): ValueCodec => ({
  wire: 2,
  write(value, writer) {
    writer.fork();
    if (typeof value === 'string') {
      const milliseconds = Date.parse(value);
      const seconds = Math.floor(milliseconds / 1000);
      const nanos = micro ? Number((/\.(\d{1,9})/.exec(value)?.[1] ?? '0').padEnd(9, '0')) : 0;
      writer.uint32(0x08).int64(seconds).uint32(0x10).int32(nanos);
    }
    writer.ldelim();
  },
  read(reader) {
    let seconds: number | undefined;
    let nanos = 0;
    eachField(reader, tag => {
      if (tag === 0x08) seconds = Number(varint(reader));
      else if (tag === 0x10) nanos = reader.int32();
      else return false;
      return true;
    });
    if (seconds === undefined || Math.abs(seconds) > 8.64e12) return null;
    const text = new Date(seconds * 1000).toISOString().slice(0, -5);
    return micro ? `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`;
  },
  zero: () => null,
});

/** Nanoseconds; JSON has Go's text. No served kind has one: only plain seconds are read and written. */
const durationCodec: ValueCodec = {
  wire: 2,
  write(value, writer) {
    writer
      .fork()
      .uint32(0x08)
      .int64(Number.parseFloat(String(value)) * 1e9)
      .ldelim();
  },
  read(reader) {
    let nanoseconds = 0;
    eachField(reader, tag => {
      if (tag === 0x08) nanoseconds = Number(varint(reader));
      return tag === 0x08;
    });
    return `${nanoseconds / 1e9}s`;
  },
  zero: () => '0s',
};

const quantityCodec: ValueCodec = {
  wire: 2,
  write(value, writer) {
    writer.fork().uint32(0x0a).string(String(value)).ldelim();
  },
  read(reader) {
    let text = '0';
    eachField(reader, tag => {
      if (tag === 0x0a) text = reader.string();
      return tag === 0x0a;
    });
    return text;
  },
  zero: () => '0',
};

/** {type, intVal, strVal}, all of them always written. */
const intOrStringCodec: ValueCodec = {
  wire: 2,
  write(value, writer) {
    const text = typeof value === 'string';
    writer
      .fork()
      .uint32(0x08)
      .int32(text ? 1 : 0)
      .uint32(0x10)
      .int32(text ? 0 : (value as number));
    writer
      .uint32(0x1a)
      .string(text ? value : '')
      .ldelim();
  },
  read(reader) {
    let type = 0;
    let number = 0;
    let text = '';
    eachField(reader, tag => {
      if (tag === 0x08) type = reader.int32();
      else if (tag === 0x10) number = reader.int32();
      else if (tag === 0x1a) text = reader.string();
      else return false;
      return true;
    });
    return type === 1 ? text : number;
  },
  zero: () => 0,
};

/** JSON's text as bytes; null is an empty message. */
const jsonCodec: ValueCodec = {
  wire: 2,
  write(value, writer) {
    writer.fork();
    if (value !== null) writer.uint32(0x0a).string(JSON.stringify(value));
    writer.ldelim();
  },
  read(reader) {
    let value: Json = null;
    eachField(reader, tag => {
      if (tag === 0x0a) value = JSON.parse(Buffer.from(reader.bytes()).toString() || 'null') as Json;
      return tag === 0x0a;
    });
    return value;
  },
  zero: () => null,
};

const stringsCodec: ValueCodec = {
  wire: 2,
  write(value, writer) {
    writer.fork();
    for (const item of (value as string[] | null) ?? []) writer.uint32(0x0a).string(item);
    writer.ldelim();
  },
  read(reader) {
    const list: string[] = [];
    eachField(reader, tag => {
      if (tag === 0x0a) list.push(reader.string());
      return tag === 0x0a;
    });
    return list;
  },
  zero: () => null,
};

/** {allows, schema} */
const schemaOrBoolCodec = (schema: ValueCodec): ValueCodec => ({
  wire: 2,
  write(value, writer) {
    writer
      .fork()
      .uint32(0x08)
      .bool(value !== false);
    if (isObject(value)) schema.write(value, writer.uint32(0x12));
    writer.ldelim();
  },
  read(reader) {
    let allows = false;
    let found: Json | undefined;
    eachField(reader, tag => {
      if (tag === 0x08) allows = reader.bool();
      else if (tag === 0x12) found = schema.read(reader);
      else return false;
      return true;
    });
    return found ?? allows;
  },
  zero: () => false,
});

/** {schema, repeated items} */
const schemaOrListCodec = (schema: ValueCodec, items: ValueCodec): ValueCodec => ({
  wire: 2,
  write(value, writer) {
    writer.fork();
    if (Array.isArray(value)) for (const item of value) items.write(item, writer.uint32(0x12));
    else if (isObject(value)) schema.write(value as JsonObject, writer.uint32(0x0a));
    writer.ldelim();
  },
  read(reader) {
    let found: Json | undefined;
    const list: Json[] = [];
    eachField(reader, tag => {
      if (tag === 0x0a) found = schema.read(reader);
      else if (tag === 0x12) list.push(items.read(reader));
      else return false;
      return true;
    });
    return found ?? list;
  },
  zero: () => null,
});
