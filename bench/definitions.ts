import type {JsonObject} from '../server/api/json.ts';
import {NAMESPACE} from './objects.ts';

/** Whose schema has rules in CEL. */
export const WITH_RULES = 'ruled';
/** The same schema without. */
export const NO_RULES = 'plain';

const GROUP = 'bench.example.com';

/** The collection of a definition's objects in the namespace of the load. */
export const INSTANCES = (name: string): string => `/apis/${GROUP}/v1/namespaces/${NAMESPACE}/${name}s`;

const text: JsonObject = {type: 'string', maxLength: 100};
const count: JsonObject = {type: 'integer', minimum: 0, maximum: 1000};

/** A definition as operators have them; named `ruled` or `late-…`, half a dozen rules stand in its schema. */
export function definition(name: string): JsonObject {
  const rules = (...all: [string, string][]): JsonObject =>
    name === NO_RULES ? {} : {'x-kubernetes-validations': all.map(([rule, message]) => ({rule, message}))};
  const spec: JsonObject = {
    type: 'object',
    required: ['size'],
    properties: {
      size: count,
      least: count,
      most: count,
      image: {...text, pattern: '^[a-z0-9./:-]+$'},
      mode: {type: 'string', enum: ['Fast', 'Safe'], default: 'Safe', ...rules(['self == oldSelf', 'mode is immutable'])},
      ports: {
        type: 'array',
        maxItems: 10,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: {
          type: 'object',
          required: ['name', 'port'],
          properties: {name: text, port: {type: 'integer', minimum: 1, maximum: 65535}, protocol: {type: 'string', default: 'TCP'}},
          ...rules(["self.protocol == 'TCP' || self.port != 80", 'port 80 is for TCP']),
        },
      },
      options: {type: 'object', maxProperties: 20, additionalProperties: text},
    },
    ...rules(
      ['self.least <= self.most', 'least may not be more than most'],
      ['self.size >= self.least && self.size <= self.most', 'size must lie between least and most'],
      ['!has(self.ports) || self.ports.all(p, self.ports.exists_one(q, q.port == p.port))', 'ports differ'],
      ["!has(self.options) || self.options.all(k, k.startsWith('opt-'))", 'options begin with opt-'],
    ),
  };
  const status: JsonObject = {type: 'object', properties: {ready: count, phase: text}};
  const kind = name[0]!.toUpperCase() + name.slice(1).replaceAll('-', '');
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {name: `${name}s.${GROUP}`},
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {plural: `${name}s`, singular: name, kind, listKind: `${kind}List`},
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {openAPIV3Schema: {type: 'object', properties: {spec, status}}},
          subresources: {status: {}},
          additionalPrinterColumns: [{name: 'Size', type: 'integer', jsonPath: '.spec.size'}],
        },
      ],
    },
  };
}

/** An object of a definition. */
export function widget(name: string, instance: string): JsonObject {
  const kind = String((definition(name).spec as {names: JsonObject}).names.kind);
  return {
    apiVersion: `${GROUP}/v1`,
    kind,
    metadata: {name: instance, namespace: NAMESPACE, labels: {app: 'bench'}},
    spec: {
      size: 5,
      least: 1,
      most: 9,
      image: 'registry.example.com/team/main:1.2.3',
      ports: [
        {name: 'http', port: 80},
        {name: 'admin', port: 9000},
      ],
      options: {'opt-a': 'one', 'opt-b': 'two'},
    },
  };
}
