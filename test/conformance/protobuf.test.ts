import assert from 'node:assert/strict';
import {areas, loadArea} from '../../conformance/recording.ts';
import {loadFacts} from '../../openapi/facts.ts';
import {schemasOf} from '../../openapi/schemas.ts';
import type {Json, JsonObject} from '../../server/api/json.ts';
import {isObject} from '../../server/api/json.ts';
import type {KubeObject} from '../../server/api/object.ts';
import {parseGroupVersion} from '../../server/api/object.ts';
import {createProtobuf} from '../../server/encode/protobuf.ts';
import {strategies} from '../../server/resources/groups.ts';
import {canonical} from '../../server/schema/decode.ts';

const facts = loadFacts();
const schemas = schemasOf(facts);
const codec = createProtobuf(facts);

const schemaOf = (apiVersion: string, kind: string) => {
  const groupVersion = parseGroupVersion(apiVersion);
  return groupVersion && schemas.forKind({...groupVersion, kind});
};

/** Recorded text with values in place of what differs from run to run. */
const VALUES: readonly (readonly [RegExp, string])[] = [
  [/"<time(?::\d+)?>"/g, '"2026-01-02T03:04:05Z"'],
  [/"<microtime(?::\d+)?>"/g, '"2026-01-02T03:04:05.000006Z"'],
  [/"<(?:port|num)(?::\d+)?>"/g, '30000'],
];

const filled = (object: JsonObject): JsonObject =>
  JSON.parse(VALUES.reduce((text, [form, value]) => text.replaceAll(form, value), JSON.stringify(object))) as JsonObject;

/** Whole objects of kinds that have a message, each once; parts of a recording may be left out as `<any>`. */
function recorded(): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  const visit = (value: Json | undefined): void => {
    if (!isObject(value)) return;
    const {apiVersion, kind} = value;
    if (typeof apiVersion === 'string' && typeof kind === 'string' && codec.knows(apiVersion, kind) && schemaOf(apiVersion, kind)) {
      const text = JSON.stringify(filled(value));
      if (!text.includes('<any>')) found.set(text, filled(value));
    }
  };
  for (const area of areas()) {
    for (const {steps} of loadArea(area)) {
      for (const {want} of steps) {
        visit(want?.body as Json | undefined);
        for (const event of want?.events ?? []) visit((event as {object?: Json}).object);
      }
    }
  }
  return found;
}

describe('recorded objects as protobuf', () => {
  it('come back as they were', () => {
    const kinds = new Set<string>();
    const different: string[] = [];
    for (const object of recorded().values()) {
      const [apiVersion, kind] = [object.apiVersion as string, object.kind as string];
      const schema = schemaOf(apiVersion, kind)!;
      const {object: fields, ...named} = codec.decode(codec.encode(object));
      // Claim templates have no kind in protobuf: it comes back as one of the defaults.
      const {group} = parseGroupVersion(apiVersion)!;
      const read = (each: JsonObject): string => {
        const whole = canonical(each, schema) as KubeObject;
        if (whole.metadata) strategies[group]?.[kind]?.defaults?.(whole);
        return JSON.stringify(canonical(whole as JsonObject, schema));
      };
      const [before, after] = [object, {...named, ...fields}].map(read);
      kinds.add(`${apiVersion} ${kind}`);
      if (before !== after) different.push(`${before}\n${after}`);
    }
    assert.ok(kinds.size > 80, `${kinds.size} kinds`);
    assert.deepEqual(different, []);
  });
});
