import type {JsonObject} from '../../server/api/json.ts';

/** A CustomResourceDefinition of one shape, with what has to hold for its objects. */
export interface CrdSet {
  /** Plural name, the part before the group. */
  readonly name: string;
  readonly kind: string;
  readonly versions: readonly JsonObject[];
  readonly scope?: 'Namespaced' | 'Cluster';
  readonly names?: JsonObject;
  /** Is converted by the webhook of the test. */
  readonly converts?: boolean;
  /** An object that is accepted, without apiVersion, kind and metadata. */
  readonly valid: JsonObject;
  /** What the API server makes of parts of it. */
  readonly stored?: JsonObject;
  /** Objects that are refused, with the fields that are named. */
  readonly invalid: readonly {readonly object: JsonObject; readonly fields: readonly string[]}[];
  /** Cells of the valid object's row, after its name. */
  readonly cells: readonly (string | number | boolean | null)[];
}

export const GROUP = 'sets.example.com';

const version = (name: string, properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  name,
  served: true,
  storage: true,
  schema: {openAPIV3Schema: {type: 'object', properties}},
  ...more,
});

const columns = (...named: [name: string, type: string, jsonPath: string][]): JsonObject => ({
  additionalPrinterColumns: named.map(([name, type, jsonPath]) => ({name, type, jsonPath})),
});

const AGE = columns(['Age', 'date', '.metadata.creationTimestamp']);

/** A tree of objects, `width` wide and `depth` deep, its leaves of every type. */
function tree(depth: number, width: number): JsonObject {
  const leaves: JsonObject[] = [
    {type: 'string', maxLength: 20, description: 'A text.'},
    {type: 'integer', format: 'int64', minimum: 0},
    {type: 'array', items: {type: 'string'}, maxItems: 5},
    {type: 'object', additionalProperties: {type: 'boolean'}},
  ];
  const properties = Array.from({length: width}, (_none, i): [string, JsonObject] => [
    `p${i}`,
    depth === 0 ? leaves[i % leaves.length]! : tree(depth - 1, width),
  ]);
  return {type: 'object', description: `Level ${depth}.`, properties: Object.fromEntries(properties)};
}

const rules = (count: number): JsonObject =>
  Object.fromEntries(
    Array.from({length: count}, (_none, i) => [
      `n${i}`,
      {
        type: 'integer',
        default: i,
        'x-kubernetes-validations': [{rule: `self >= ${i} && self < ${i + 100}`, message: `n${i} is out of range`}],
      },
    ]),
  );

const condition: JsonObject = {
  type: 'object',
  required: ['type', 'status'],
  properties: {type: {type: 'string'}, status: {type: 'string', enum: ['True', 'False']}, message: {type: 'string', nullable: true}},
};

/** Ten definitions of very different shape. */
export const crdSets = (): CrdSet[] => [
  {
    name: 'deeps',
    kind: 'Deep',
    versions: [version('v1', {spec: tree(4, 5)}, AGE)],
    valid: {spec: {p0: {p0: {p0: {p0: {p0: 'text', p1: 7, p2: ['a'], p3: {x: true}}}}}, p4: {p4: {p4: {p4: {p4: 'last'}}}}}},
    invalid: [
      {object: {spec: {p1: {p2: {p3: {p4: {p1: -1}}}}}}, fields: ['spec.p1.p2.p3.p4.p1']},
      {object: {spec: {p0: {p0: {p0: {p0: {p2: 'no list'}}}}}}, fields: ['spec.p0.p0.p0.p0.p2']},
    ],
    cells: ['0s'],
  },
  {
    name: 'ruleds',
    kind: 'Ruled',
    versions: [version('v1', {spec: {type: 'object', properties: rules(200)}}, columns(['Last', 'integer', '.spec.n199']))],
    valid: {spec: {n7: 8}},
    stored: {spec: {n7: 8, n199: 199}},
    invalid: [{object: {spec: {n0: 100, n100: 5}}, fields: ['spec.n0', 'spec.n100']}],
    cells: [199],
  },
  {
    name: 'manies',
    kind: 'Many',
    converts: true,
    versions: ['v1alpha1', 'v1beta1', 'v1beta2', 'v1', 'v2'].map((name, i) =>
      version(name, {spec: {type: 'object', properties: {[`in${name}`]: {type: 'string'}}}}, {storage: i === 3, ...AGE}),
    ),
    valid: {spec: {inv1: 'x'}},
    invalid: [{object: {spec: {inv1: 1}}, fields: ['spec.inv1']}],
    cells: ['0s'],
  },
  {
    name: 'scaleds',
    kind: 'Scaled',
    versions: [
      version(
        'v1',
        {
          spec: {type: 'object', properties: {replicas: {type: 'integer', default: 1}, selector: {type: 'string'}}},
          status: {type: 'object', properties: {replicas: {type: 'integer'}, selector: {type: 'string'}}},
        },
        {
          subresources: {
            status: {},
            scale: {specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector'},
          },
          ...columns(['Desired', 'integer', '.spec.replicas'], ['Ready', 'integer', '.status.replicas']),
        },
      ),
    ],
    valid: {spec: {}, status: {replicas: 7}},
    stored: {spec: {replicas: 1}, status: undefined as never},
    invalid: [{object: {spec: {replicas: 'two'}}, fields: ['spec.replicas']}],
    cells: [1, null],
  },
  {
    name: 'selecteds',
    kind: 'Selected',
    scope: 'Cluster',
    names: {shortNames: ['sel'], categories: ['all', 'sets']},
    versions: [
      version(
        'v1',
        {
          spec: {
            type: 'object',
            properties: {
              color: {type: 'string'},
              size: {type: 'integer'},
              on: {type: 'boolean'},
              ratio: {type: 'number'},
              at: {type: 'string'},
            },
          },
        },
        {
          selectableFields: [{jsonPath: '.spec.color'}, {jsonPath: '.spec.size'}],
          ...columns(
            ['Color', 'string', '.spec.color'],
            ['Size', 'integer', '.spec.size'],
            ['On', 'boolean', '.spec.on'],
            ['Ratio', 'number', '.spec.ratio'],
            ['Since', 'date', '.spec.at'],
            ['Missing', 'string', '.spec.missing'],
          ),
        },
      ),
    ],
    valid: {spec: {color: 'red', size: 3, on: true, ratio: 0.5, at: '2000-01-01T00:00:00Z'}},
    invalid: [{object: {spec: {on: 'yes'}}, fields: ['spec.on']}],
    cells: ['red', 3, true, 0.5, expect('26y'), null],
  },
  {
    name: 'opens',
    kind: 'Open',
    versions: [
      version('v1', {
        spec: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: {known: {type: 'object', properties: {a: {type: 'integer'}}}},
        },
        closed: {type: 'object', properties: {a: {type: 'integer'}}},
      }),
    ],
    valid: {spec: {known: {a: 1, b: 2}, anything: [{goes: null}]}, closed: {a: 1, b: 2}, more: true},
    stored: {spec: {known: {a: 1}, anything: [{goes: null}]}, closed: {a: 1}, more: undefined as never},
    invalid: [{object: {spec: {known: {a: 'x'}}}, fields: ['spec.known.a']}],
    cells: ['0s'],
  },
  {
    name: 'mixeds',
    kind: 'Mixed',
    versions: [
      version('v1', {
        spec: {
          type: 'object',
          properties: {
            port: {'x-kubernetes-int-or-string': true, default: 80},
            limit: {'x-kubernetes-int-or-string': true, anyOf: [{type: 'integer'}, {type: 'string'}], pattern: '^\\d+(m|Ki|Mi)?$'},
            maybe: {type: 'string', nullable: true, default: 'none'},
            nested: {type: 'object', default: {}, properties: {inner: {type: 'integer', default: 5}}},
          },
        },
      }),
    ],
    valid: {spec: {limit: '100Mi', maybe: null}},
    stored: {spec: {port: 80, limit: '100Mi', maybe: null, nested: {inner: 5}}},
    invalid: [
      {object: {spec: {port: 1.5}}, fields: ['spec.port']},
      {object: {spec: {limit: 'much'}}, fields: ['spec.limit']},
    ],
    cells: ['0s'],
  },
  {
    name: 'embeddeds',
    kind: 'Embedded',
    versions: [
      version('v1', {
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          'x-kubernetes-preserve-unknown-fields': true,
        },
      }),
    ],
    valid: {template: {apiVersion: 'v1', kind: 'Pod', metadata: {name: 'p', labels: {a: 'b'}}, spec: {containers: []}}},
    invalid: [
      {object: {template: {apiVersion: 'v1', metadata: {name: 'p'}}}, fields: ['template.kind']},
      {object: {template: {apiVersion: 'v1', kind: 'Pod', metadata: {name: 'a/b'}}}, fields: ['template.metadata.name']},
    ],
    cells: ['0s'],
  },
  {
    name: 'listeds',
    kind: 'Listed',
    versions: [
      version('v1', {
        spec: {
          type: 'object',
          properties: {
            set: {type: 'array', 'x-kubernetes-list-type': 'set', items: {type: 'string'}},
            map: {type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'], items: condition},
            atomic: {type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: {type: 'string'}},
          },
        },
      }),
    ],
    valid: {spec: {set: ['a', 'b'], map: [{type: 'Ready', status: 'True', message: null}], atomic: {x: 'y'}}},
    invalid: [
      {object: {spec: {set: ['a', 'a']}}, fields: ['spec.set[1]']},
      {
        object: {
          spec: {
            map: [
              {type: 'A', status: 'True'},
              {type: 'A', status: 'False'},
            ],
          },
        },
        fields: ['spec.map[1]'],
      },
      {object: {spec: {map: [{status: 'Maybe'}]}}, fields: ['spec.map[0].type', 'spec.map[0].status']},
    ],
    cells: ['0s'],
  },
  {
    name: 'stricts',
    kind: 'Strict',
    versions: [
      version('v1', {
        spec: {
          type: 'object',
          required: ['name'],
          maxProperties: 4,
          oneOf: [{required: ['cpu']}, {required: ['ip']}],
          properties: {
            name: {type: 'string', minLength: 2, pattern: '^[a-z]+$'},
            cpu: {type: 'integer', multipleOf: 100, maximum: 1000, exclusiveMaximum: true},
            ip: {type: 'string', format: 'ipv4'},
            when: {type: 'string', format: 'date-time'},
            labels: {type: 'object', additionalProperties: {type: 'string', maxLength: 3}, not: {required: ['forbidden']}},
          },
        },
      }),
    ],
    valid: {spec: {name: 'ab', cpu: 900, when: '2020-01-02T03:04:05Z', labels: {a: 'b'}}},
    invalid: [
      {object: {spec: {cpu: 100}}, fields: ['spec.name']},
      {object: {spec: {name: 'A', cpu: 150}}, fields: ['spec.cpu', 'spec.name', 'spec.name']},
      {object: {spec: {name: 'ab', ip: '1.2.3'}}, fields: ['spec.ip']},
      {object: {spec: {name: 'ab', cpu: 100, ip: '1.2.3.4'}}, fields: ['<nil>']},
      {object: {spec: {name: 'ab', cpu: 100, labels: {a: 'long'}}}, fields: ['spec.labels.a']},
    ],
    cells: ['0s'],
  },
];

/** For cells that only begin as said. */
function expect(beginning: string): string {
  return `^${beginning}`;
}
