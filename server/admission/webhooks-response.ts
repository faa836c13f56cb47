import type {Json, JsonObject} from '../api/json.ts';
import {canonical} from '../schema/decode.ts';
import type {ListSchema, MapSchema, ScalarType, Schema, StructSchema} from '../schema/schema.ts';
import {structSchema} from '../schema/struct-schema.ts';

const string: Schema = {type: 'string'};
const list = (items: Schema): ListSchema => ({type: 'list', items, listType: 'atomic'});
const map: MapSchema = {type: 'map', values: string};

/** A struct whose fields may all be left out: names, schemas and Go types, those of pointers with a `*`. */
const struct = (name: string, fields: readonly (readonly [string, Schema | ScalarType, string])[]): StructSchema =>
  structSchema(name, () =>
    fields.map(([field, schema, goType]) => ({
      name: field,
      schema: typeof schema === 'string' ? {type: schema} : schema,
      pointer: goType.startsWith('*'),
      omitempty: true,
      omitzero: true,
      required: false,
      goType: goType.replace('*', ''),
    })),
  );

const CAUSE = struct('v1.StatusCause', [
  ['reason', 'string', 'v1.CauseType'],
  ['message', 'string', 'string'],
  ['field', 'string', 'string'],
]);
const DETAILS = struct('v1.StatusDetails', [
  ['name', 'string', 'string'],
  ['group', 'string', 'string'],
  ['kind', 'string', 'string'],
  ['uid', 'string', 'types.UID'],
  ['causes', list(CAUSE), '[]v1.StatusCause'],
  ['retryAfterSeconds', 'int32', 'int32'],
]);
const STATUS = struct('v1.Status', [
  ['status', 'string', 'string'],
  ['message', 'string', 'string'],
  ['reason', 'string', 'v1.StatusReason'],
  ['details', DETAILS, '*v1.StatusDetails'],
  ['code', 'int32', 'int32'],
]);

const reviewOf = (version: string): StructSchema =>
  struct(`${version}.AdmissionReview`, [
    [
      'response',
      struct(`${version}.AdmissionResponse`, [
        ['uid', 'string', 'types.UID'],
        ['allowed', 'bool', 'bool'],
        ['status', STATUS, '*v1.Status'],
        ['patch', 'bytes', '[]uint8'],
        ['patchType', 'string', `*${version}.PatchType`],
        ['auditAnnotations', map, 'map[string]string'],
        ['warnings', list(string), '[]string'],
      ]),
      `*${version}.AdmissionResponse`,
    ],
  ]);

const REVIEWS = {v1: reviewOf('v1'), v1beta1: reviewOf('v1beta1')};

/** What a review's answer says, without unknown fields and zero values. Throws where a value has not the type it has in Go. */
export const decodeResponse = (answer: JsonObject, version: 'v1' | 'v1beta1'): Json | undefined =>
  (canonical(answer, REVIEWS[version]) as JsonObject).response;
