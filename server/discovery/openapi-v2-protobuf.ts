import protobuf from 'protobufjs/minimal.js';
import type {Json, JsonObject} from '../api/json.ts';

/**
 * A Swagger document as gnostic's protobuf (github.com/google/gnostic-models, openapiv2/OpenAPIv2.proto), which older clients ask for.
 * Only what the server's own documents contain is encoded.
 */
export function encodeOpenApiV2(document: JsonObject): Buffer {
  const writer = protobuf.Writer.create();
  write(writer, 'Document', document);
  return Buffer.from(writer.finish());
}

/** `[field number, JSON key, type]`; `x-…` keys are vendor extensions, the entries of a map are NamedXxx messages. */
type FieldRow = readonly [number: number, key: string, type: string];

interface MessageRow {
  readonly fields: readonly FieldRow[];
  /** Field number of vendor extensions. */
  readonly extensions?: number;
  /** The message is a map: field number and type of its entries. */
  readonly entries?: readonly [number: number, type: string];
}

const MESSAGES: {readonly [name: string]: MessageRow} = {
  Document: {
    fields: [
      [1, 'swagger', 'string'],
      [2, 'info', 'Info'],
      [8, 'paths', 'Paths'],
      [9, 'definitions', 'Definitions'],
      [10, 'parameters', 'ParameterDefinitions'],
      [12, 'security', '[]SecurityRequirement'],
      [13, 'securityDefinitions', 'SecurityDefinitions'],
    ],
    extensions: 16,
  },
  Info: {
    fields: [
      [1, 'title', 'string'],
      [2, 'version', 'string'],
    ],
  },
  Paths: {fields: [], entries: [2, 'PathItem']},
  Definitions: {fields: [], entries: [1, 'Schema']},
  ParameterDefinitions: {fields: [], entries: [1, 'Parameter']},
  Responses: {fields: [], entries: [1, 'ResponseValue']},
  Properties: {fields: [], entries: [1, 'Schema']},
  SecurityDefinitions: {fields: [], entries: [1, 'SecurityDefinitionsItem']},
  SecurityRequirement: {fields: [], entries: [1, 'StringArray']},
  PathItem: {
    fields: [
      [2, 'get', 'Operation'],
      [3, 'put', 'Operation'],
      [4, 'post', 'Operation'],
      [5, 'delete', 'Operation'],
      [6, 'options', 'Operation'],
      [7, 'head', 'Operation'],
      [8, 'patch', 'Operation'],
      [9, 'parameters', '[]ParametersItem'],
    ],
  },
  Operation: {
    fields: [
      [1, 'tags', '[]string'],
      [5, 'operationId', 'string'],
      [6, 'produces', '[]string'],
      [7, 'consumes', '[]string'],
      [8, 'parameters', '[]ParametersItem'],
      [9, 'responses', 'Responses'],
      [10, 'schemes', '[]string'],
    ],
    extensions: 13,
  },
  JsonReference: {fields: [[1, '$ref', 'string']]},
  BodyParameter: {
    fields: [
      [2, 'name', 'string'],
      [3, 'in', 'string'],
      [4, 'required', 'bool'],
      [5, 'schema', 'Schema'],
    ],
  },
  QueryParameterSubSchema: {
    fields: [
      [2, 'in', 'string'],
      [4, 'name', 'string'],
      [6, 'type', 'string'],
      [20, 'uniqueItems', 'bool'],
    ],
  },
  PathParameterSubSchema: {
    fields: [
      [1, 'required', 'bool'],
      [2, 'in', 'string'],
      [4, 'name', 'string'],
      [5, 'type', 'string'],
      [19, 'uniqueItems', 'bool'],
    ],
  },
  Response: {
    fields: [
      [1, 'description', 'string'],
      [2, 'schema', 'SchemaItem'],
    ],
  },
  ApiKeySecurity: {
    fields: [
      [1, 'type', 'string'],
      [2, 'name', 'string'],
      [3, 'in', 'string'],
    ],
  },
  Schema: {
    fields: [
      [1, '$ref', 'string'],
      [2, 'format', 'string'],
      [4, 'description', 'string'],
      [7, 'maximum', 'double'],
      [9, 'minimum', 'double'],
      [11, 'maxLength', 'int64'],
      [12, 'minLength', 'int64'],
      [13, 'pattern', 'string'],
      [14, 'maxItems', 'int64'],
      [15, 'minItems', 'int64'],
      [19, 'required', '[]string'],
      [20, 'enum', '[]Any'],
      [21, 'additionalProperties', 'AdditionalPropertiesItem'],
      [22, 'type', 'TypeItem'],
      [23, 'items', 'ItemsItem'],
      [25, 'properties', 'Properties'],
    ],
    extensions: 31,
  },
};

/** Messages that only choose between others: which field of theirs a value goes to. */
const CHOICES: {readonly [name: string]: (value: Json) => FieldRow} = {
  ParametersItem: value => (hasRef(value) ? [2, '', 'JsonReference'] : [1, '', 'Parameter']),
  Parameter: value => ((value as JsonObject).in === 'body' ? [1, '', 'BodyParameter'] : [2, '', 'NonBodyParameter']),
  NonBodyParameter: value => ((value as JsonObject).in === 'path' ? [4, '', 'PathParameterSubSchema'] : [3, '', 'QueryParameterSubSchema']),
  ResponseValue: () => [1, '', 'Response'],
  SchemaItem: () => [1, '', 'Schema'],
  SecurityDefinitionsItem: () => [2, '', 'ApiKeySecurity'],
  AdditionalPropertiesItem: value => (typeof value === 'boolean' ? [2, '', 'bool'] : [1, '', 'Schema']),
  ItemsItem: () => [1, '', 'Schema'],
  TypeItem: () => [1, '', '[]string'],
  StringArray: () => [1, '', '[]string'],
};

const hasRef = (value: Json): boolean => (value as JsonObject).$ref !== undefined;

function write(writer: protobuf.Writer, type: string, value: Json): void {
  const choose = CHOICES[type];
  if (choose) {
    const [number, , chosen] = choose(value);
    writeField(writer, number, chosen, chosen === '[]string' && !Array.isArray(value) ? [value] : value);
    return;
  }
  const row = MESSAGES[type]!;
  const object = value as JsonObject;
  if (row.entries) {
    for (const key of Object.keys(object)) {
      writer.uint32((row.entries[0] << 3) | 2).fork();
      writeField(writer, 1, 'string', key);
      writeField(writer, 2, row.entries[1], object[key]!);
      writer.ldelim();
    }
    return;
  }
  for (const [number, key, kind] of row.fields) {
    const item = object[key];
    if (item !== undefined) writeField(writer, number, kind, item);
  }
  if (row.extensions === undefined) return;
  for (const key of Object.keys(object)) {
    if (!key.startsWith('x-')) continue;
    writer.uint32((row.extensions << 3) | 2).fork();
    writeField(writer, 1, 'string', key);
    writeField(writer, 2, 'Any', object[key]!);
    writer.ldelim();
  }
}

function writeField(writer: protobuf.Writer, number: number, type: string, value: Json): void {
  if (type.startsWith('[]')) {
    for (const item of value as Json[]) writeField(writer, number, type.slice(2), item);
    return;
  }
  if (type === 'string') writer.uint32((number << 3) | 2).string(value as string);
  else if (type === 'bool') writer.uint32(number << 3).bool(value as boolean);
  else if (type === 'int64') writer.uint32(number << 3).int64(value as number);
  else if (type === 'double') writer.uint32((number << 3) | 1).double(value as number);
  else {
    writer.uint32((number << 3) | 2).fork();
    // Arbitrary values travel as YAML, of which JSON is a part.
    if (type === 'Any') writeField(writer, 2, 'string', `${JSON.stringify(value)}\n`);
    else write(writer, type, value);
    writer.ldelim();
  }
}
