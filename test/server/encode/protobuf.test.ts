import assert from 'node:assert/strict';
import {loadFacts} from '../../../openapi/facts.ts';
import {schemasOf} from '../../../openapi/schemas.ts';
import type {Json, JsonObject} from '../../../server/api/json.ts';
import {parseGroupVersion} from '../../../server/api/object.ts';
import {createProtobuf, ProtobufError} from '../../../server/encode/protobuf.ts';
import {canonical} from '../../../server/schema/decode.ts';

const facts = loadFacts();
const schemas = schemasOf(facts);
const codec = createProtobuf(facts);

const schemaOf = (apiVersion: string, kind: string) => schemas.forKind({...parseGroupVersion(apiVersion)!, kind})!;
const complete = (object: JsonObject) => canonical(object, schemaOf(object.apiVersion as string, object.kind as string)) as JsonObject;

/** What reading the bytes makes of them, as the server does. */
function decoded(bytes: Buffer): Json {
  const {apiVersion, kind, object} = codec.decode(bytes);
  return canonical({apiVersion, kind, ...object}, schemaOf(apiVersion, kind));
}

const SAMPLES: readonly JsonObject[] = [
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name: 'p', labels: {b: '2', a: 'é'}, creationTimestamp: '2026-01-02T03:04:05Z', deletionGracePeriodSeconds: 0},
    spec: {
      containers: [
        {
          name: 'c',
          resources: {limits: {cpu: '500m', memory: '1Gi'}},
          env: [{name: 'A', valueFrom: {secretKeyRef: {name: 's', key: 'k', optional: false}}}],
          livenessProbe: {httpGet: {port: 'web', path: '/'}, periodSeconds: 3},
          ports: [{containerPort: 80}],
        },
      ],
      volumes: [
        {name: 'v', emptyDir: {}},
        {name: 'w', secret: {secretName: 's', defaultMode: 420}},
      ],
      terminationGracePeriodSeconds: 0,
      priority: -5,
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {name: 's'},
    spec: {
      ports: [
        {port: 80, targetPort: 8080},
        {port: 81, targetPort: 'x'},
      ],
    },
  },
  {apiVersion: 'v1', kind: 'Secret', metadata: {name: 's'}, data: {a: 'AAECAw==', __proto__x: ''}, immutable: false},
  {apiVersion: 'v1', kind: 'Event', metadata: {name: 'e'}, eventTime: '2026-01-02T03:04:05.000678Z', firstTimestamp: null, count: 3},
  {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {name: 'r'},
    data: {spec: {b: 1, a: [null, 'x']}},
    revision: 9007199254740991,
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name: 'd', managedFields: [{manager: 'm', fieldsType: 'FieldsV1', fieldsV1: {'f:spec': {'.': {}}}}]},
    spec: {replicas: 0},
  },
  {apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: {user: 'u', extra: {k: ['a', 'b']}}},
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {name: 'x'},
    spec: {
      versions: [
        {
          name: 'v1',
          schema: {
            openAPIV3Schema: {
              items: {type: 'string'},
              additionalProperties: false,
              dependencies: {a: ['b'], c: {type: 'object'}},
              minimum: 0.5,
              default: {a: 1},
              enum: ['a', null],
              properties: {p: {additionalProperties: {maxLength: 3}}},
            },
          },
        },
      ],
    },
  },
];

describe('protobuf', () => {
  for (const sample of SAMPLES)
    it(`carries a ${sample.kind} there and back`, () => {
      const object = complete(sample);
      assert.equal(JSON.stringify(decoded(codec.encode(object))), JSON.stringify(object));
    });

  it('writes zero values of what is no pointer, fields in the order of their numbers', () => {
    const bytes = codec.encode(complete({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}, data: {b: '2', a: '1'}}));
    const metadata = '0a160a016112001a0022002a0032003800' + '4200';
    const data = '12060a01611201311' + '2060a0162120132';
    const raw = metadata.replace('0a16', `0a${(metadata.length / 2 - 2).toString(16).padStart(2, '0')}`) + data;
    const typeMeta = `0a0f0a0276311209${Buffer.from('ConfigMap').toString('hex')}`;
    assert.equal(bytes.toString('hex'), `6b387300${typeMeta}12${(raw.length / 2).toString(16)}${raw}1a002200`);
  });

  it('writes entries with no bytes, not even none, as keys alone', () => {
    const secret = (data: JsonObject) => codec.encode({apiVersion: 'v1', kind: 'Secret', metadata: {name: 'd'}, data});
    assert.ok(secret({a: null}).includes(Buffer.from('12030a0161', 'hex')));
    assert.ok(secret({a: ''}).includes(Buffer.from('12050a01611200', 'hex')));
  });

  it('encodes lists, whose items carry no kind, and Status', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'ConfigMapList',
      metadata: {resourceVersion: '7'},
      items: [complete({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}})],
    };
    const {object} = codec.decode(codec.encode(list));
    assert.deepEqual((object!.items as JsonObject[]).length, 1);
    assert.equal((object!.items as JsonObject[])[0]!.kind, undefined);
    const status = codec.decode(
      codec.encode({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        code: 404,
        details: {name: 'x', causes: [{field: 'f'}]},
      }),
    );
    assert.deepEqual([status.object!.code, (status.object!.details as JsonObject).name], [404, 'x']);
  });

  it('frames watch events by their length', () => {
    const object = codec.encode(complete({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}}));
    const frame = codec.watchFrame('ADDED', object);
    assert.equal(frame.readUInt32BE(), frame.length - 4);
    assert.equal(frame.subarray(4, 11).toString('latin1'), '\n\u0005ADDED');
    assert.ok(frame.includes(object));
  });

  it('skips unknown fields and leaves unknown kinds to the caller', () => {
    const bytes = codec.encode(complete({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}}));
    const extra = Buffer.concat([bytes, Buffer.from('aa06036162630801', 'hex')]);
    assert.deepEqual(decoded(extra), decoded(bytes));
    const foreign = Buffer.from(bytes.toString('latin1').replace('ConfigMap', 'ConfigNap'), 'latin1');
    assert.equal(codec.decode(foreign).object, undefined);
    assert.equal(codec.knows('example.com/v1', 'Widget'), false);
  });

  it('refuses what is no protobuf', () => {
    assert.throws(() => codec.decode(Buffer.from('{}')), {
      message: 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    });
    const bytes = codec.encode(complete(SAMPLES[0]!));
    for (let length = 5; length < bytes.length - 4; length++)
      try {
        codec.decode(bytes.subarray(0, length));
      } catch (error) {
        assert.ok(error instanceof ProtobufError, String(error));
      }
    assert.throws(() => codec.decode(bytes.subarray(0, 60)), ProtobufError);
  });
});
