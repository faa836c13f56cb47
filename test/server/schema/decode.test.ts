import assert from 'node:assert/strict';
import {loadFacts} from '../../../openapi/facts.ts';
import {schemasOf} from '../../../openapi/schemas.ts';
import type {Json, JsonObject} from '../../../server/api/json.ts';
import {canonical, DecodeError, decode, decodeDocument, interpret, parse} from '../../../server/schema/decode.ts';

const schemas = schemasOf(loadFacts());
const core = (kind: string) => schemas.forKind({group: '', version: 'v1', kind})!;
const apps = (kind: string) => schemas.forKind({group: 'apps', version: 'v1', kind})!;
const json = (kind: string, value: unknown) => decode(typeof value === 'string' ? value : JSON.stringify(value), 'json', core(kind));
const refused = (kind: string, value: unknown, message: string) =>
  assert.throws(
    () => json(kind, value),
    (error: Error) => error instanceof DecodeError && error.message === message,
  );

describe('decode', () => {
  it('writes fields in Go’s order, empty structs too, and drops zero values that are omitempty', () => {
    const {object} = json('Pod', {
      spec: {nodeName: '', hostNetwork: false, containers: [{image: 'i', name: 'c', stdin: false}], initContainers: []},
      metadata: {name: 'p', labels: {}},
      kind: 'Pod',
      apiVersion: 'v1',
    });
    assert.equal(
      JSON.stringify(object),
      '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{}}]},"status":{}}',
    );
  });

  it('keeps pointers to zero and writes what is not omitempty as zero or null', () => {
    const {object} = decode('{"spec":{"replicas":0,"selector":null}}', 'json', apps('Deployment'));
    assert.deepEqual(object.spec, {
      replicas: 0,
      selector: null,
      template: {metadata: {}, spec: {containers: null}},
      strategy: {},
    });
  });

  it('inlines embedded structs', () => {
    const {object} = json('Pod', {spec: {containers: [], volumes: [{name: 'v', emptyDir: {}}]}});
    assert.deepEqual((object.spec as {volumes: Json}).volumes, [{name: 'v', emptyDir: {}}]);
  });

  it('sorts map keys and brings quantities, times and base64 to one form', () => {
    const {object} = json('Pod', {
      metadata: {creationTimestamp: '2026-01-02T04:04:05.5+01:00', labels: {b: '1', a: '2'}},
      spec: {containers: [{name: 'c', resources: {limits: {memory: '1024Mi', cpu: 0.5}}}]},
    });
    assert.equal(object.metadata.creationTimestamp, '2026-01-02T03:04:05Z');
    assert.deepEqual(Object.keys(object.metadata.labels!), ['a', 'b']);
    assert.deepEqual((object.spec as {containers: Json[]}).containers[0], {name: 'c', resources: {limits: {cpu: '500m', memory: '1Gi'}}});
    assert.deepEqual(json('Secret', {data: {a: 'aG\nk='}}).object.data, {a: 'aGk='});
  });

  it('reads null as zero inside lists and maps', () => {
    const {object} = json('ConfigMap', {data: {a: null}, metadata: {finalizers: [null]}});
    assert.deepEqual([object.data, object.metadata.finalizers], [{a: ''}, ['']]);
  });

  it('writes Go’s zero time as null', () => {
    assert.equal(json('Event', {firstTimestamp: '0001-01-01T00:00:00Z'}).object.firstTimestamp, null);
  });

  it('tells unknown fields with their path, in the text’s order', () => {
    const {object, strictErrors} = json('Pod', '{"zz":1,"spec":{"containers":[{"name":"c","Image":"x"}]},"metadata":{"a\\"b":1}}');
    assert.deepEqual(strictErrors, ['unknown field "zz"', 'unknown field "spec.containers[0].Image"', 'unknown field "metadata.a\\"b"']);
    assert.equal('zz' in object, false);
  });

  it('tells duplicate fields and keeps the last', () => {
    const {object, strictErrors} = json('ConfigMap', '{"metadata":{"name":"a","name":"b"},"data":{"k":"1","k":"2"}}');
    assert.deepEqual(strictErrors, ['duplicate field "metadata.name"', 'duplicate field "data.k"']);
    assert.deepEqual([object.metadata.name, object.data], ['b', {k: '2'}]);
  });

  it('reads a duplicate into what is there: objects merge, lists item by item', () => {
    const {object} = json(
      'Pod',
      '{"metadata":{"name":"a","labels":{"x":"1"}},"metadata":{"labels":{"y":"2"}},"spec":{"containers":[{"name":"c","image":"i"},{"name":"d"}],"containers":[{"image":"j"}]}}',
    );
    assert.deepEqual(object.metadata, {name: 'a', labels: {x: '1', y: '2'}});
    assert.deepEqual((object.spec as {containers: Json}).containers, [{name: 'c', image: 'j', resources: {}}]);
  });

  it('stops counting at 100 strict errors', () => {
    const many = Object.fromEntries(Array.from({length: 150}, (_, index) => [`x${index}`, 1]));
    assert.equal(json('ConfigMap', many).strictErrors.length, 100);
  });

  it('names struct, path and Go type of a value that does not fit', () => {
    refused(
      'Pod',
      {spec: {containers: [{name: 1}]}},
      'json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string',
    );
    refused(
      'Pod',
      {spec: {dnsPolicy: {}}},
      'json: cannot unmarshal object into Go struct field PodSpec.spec.dnsPolicy of type v1.DNSPolicy',
    );
    refused(
      'Pod',
      {spec: {containers: 'x'}},
      'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
    );
    refused('ConfigMap', {data: {k: 1}}, 'json: cannot unmarshal number into Go struct field ConfigMap.data of type string');
    refused('ConfigMap', {data: []}, 'json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string');
    refused(
      'Pod',
      {spec: {volumes: [{secret: {defaultMode: 3e9}}]}},
      'json: cannot unmarshal number 3000000000 into Go struct field SecretVolumeSource.spec.volumes.VolumeSource.secret.defaultMode of type int32',
    );
  });

  it('looks at how a number is written', () => {
    const replicas = (text: string) => decode(`{"spec":{"replicas":${text}}}`, 'json', apps('ReplicaSet')).object.spec as {replicas: Json};
    assert.throws(() => replicas('1.0'), {
      message: 'json: cannot unmarshal number 1.0 into Go struct field ReplicaSetSpec.spec.replicas of type int32',
    });
    assert.throws(() => replicas('1e1'), {
      message: 'json: cannot unmarshal number 1e1 into Go struct field ReplicaSetSpec.spec.replicas of type int32',
    });
    assert.equal(replicas('-0').replicas, 0);
    refused(
      'Pod',
      '{"spec":{"activeDeadlineSeconds":9223372036854775808}}',
      'json: cannot unmarshal number 9223372036854775808 into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64',
    );
  });

  it('tells what cannot be read at all before an earlier value of the wrong type', () => {
    refused(
      'Pod',
      {spec: {nodeName: 1, containers: [{resources: {limits: {cpu: 'x'}}}]}},
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
    refused(
      'Service',
      {spec: {ports: [{targetPort: true}]}},
      'json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32',
    );
    refused('Secret', {data: {a: 'x'}}, 'illegal base64 data at input byte 0');
  });

  it('words syntax errors as encoding/json does', () => {
    const prefix = "couldn't get version/kind; json parse error: ";
    for (const [text, message] of [
      ['', 'unexpected end of JSON input'],
      ['{"a":1', 'unexpected end of JSON input'],
      ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
      ['[1 2]', "invalid character '2' after array element"],
      ['{"a" 1}', "invalid character '1' after object key"],
      ['{} x', "invalid character 'x' after top-level value"],
      ['"\\x"', "invalid character 'x' in string escape code"],
      ['tru}', "invalid character '}' in literal true (expecting 'e')"],
      ['{"a":\u0001}', "invalid character '\\x01' looking for beginning of value"],
      ['é', "invalid character 'Ã' looking for beginning of value"],
    ] as const)
      refused('ConfigMap', text, prefix + message);
  });

  it('refuses deep nesting without using up the stack', () => {
    for (const text of ['['.repeat(100_000), `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`])
      refused('ConfigMap', text, "couldn't get version/kind; json parse error: exceeded max depth");
    assert.equal(json('ConfigMap', `{"x":${'['.repeat(9_000)}${']'.repeat(9_000)}}`).strictErrors.length, 1);
  });

  it('keeps __proto__ as a key', () => {
    const {object} = json('ConfigMap', '{"data":{"__proto__":"x","a":"y"},"__proto__":1}');
    assert.deepEqual(Object.entries(object.data as object), [
      ['__proto__', 'x'],
      ['a', 'y'],
    ]);
    assert.equal(Object.getPrototypeOf(object), Object.prototype);
  });

  it('replaces invalid UTF-8 and lone surrogates', () => {
    assert.deepEqual(decode(Buffer.from('{"data":{"a":"\xff"}}', 'latin1'), 'json', core('ConfigMap')).object.data, {a: '\ufffd'});
    assert.deepEqual(json('ConfigMap', '{"data":{"a":"\\ud800"}}').object.data, {a: '\ufffd'});
  });

  it('keeps empty lists and maps where rules want to see them', () => {
    const text = '{"metadata":{"labels":{}},"spec":{"overhead":{},"volumes":[],"containers":[]}}';
    const {object, keptEmpties} = decodeDocument(parse(text, 'json'), core('Pod'), true);
    assert.deepEqual([object.metadata.labels, (object.spec as JsonObject).overhead, keptEmpties], [undefined, {}, true]);
    const template = '{"template":{"metadata":{"labels":{}}}}';
    assert.deepEqual(decodeDocument(parse(template, 'json'), core('PodTemplate'), true).object.template, {
      metadata: {labels: {}},
      spec: {containers: null},
    });
    assert.equal(decodeDocument(parse(text, 'json'), core('Pod')).keptEmpties, false);
    const policy = '{"spec":{"podSelector":{"matchLabels":{}},"ingress":[]}}';
    const networking = schemas.forKind({group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy'})!;
    assert.deepEqual(decodeDocument(parse(policy, 'json'), networking, true).object.spec, {podSelector: {matchLabels: {}}, ingress: []});
    const job = '{"spec":{"selector":{"matchLabels":{}},"template":{"spec":{"volumes":[],"containers":[]}}}}';
    assert.deepEqual(decodeDocument(parse(job, 'json'), schemas.forKind({group: 'batch', version: 'v1', kind: 'Job'})!, true).object.spec, {
      selector: {},
      template: {metadata: {}, spec: {volumes: [], containers: []}},
    });
  });

  it('reads JSON schemas in their three mixed forms', () => {
    const crd = schemas.forKind({group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition'})!;
    const schema = {
      items: {type: 'string'},
      additionalProperties: false,
      dependencies: {a: ['b'], c: {type: 'object', zz: 1}},
      default: {b: 1, a: null},
    };
    const {object, strictErrors} = decode(JSON.stringify({spec: {versions: [{schema: {openAPIV3Schema: schema}}]}}), 'json', crd);
    const read = (object.spec as {versions: {schema: {openAPIV3Schema: Json}}[]}).versions[0]!.schema.openAPIV3Schema;
    assert.deepEqual(read, {...schema, dependencies: {a: ['b'], c: {type: 'object'}}});
    assert.deepEqual(strictErrors, []);
  });
});

describe('decode YAML', () => {
  const data = (text: string) => decode(`data:\n  k: ${text}\n`, 'yaml', core('ConfigMap'));

  it('reads YAML 1.1 scalars without timestamps', () => {
    for (const text of ['yes', 'on', 'y', '0x1F', '1_000', '1.5'])
      assert.throws(() => data(text), /cannot unmarshal (bool|number) into Go struct field ConfigMap\.data of type string/, text);
    for (const text of ['"yes"', "'1'", '2020-01-01', '2020-01-01T00:00:00Z', '1:30', '!!str 1'])
      assert.equal(typeof (data(text).object.data as {k: Json}).k, 'string', text);
    assert.deepEqual(data('~').object.data, {k: ''});
  });

  it('takes the first document and lets whole floats be integers', () => {
    const {object} = decode('spec:\n  replicas: 3.0\n---\nspec: 1\n', 'yaml', apps('ReplicaSet'));
    assert.equal((object.spec as {replicas: number}).replicas, 3);
  });

  it('tells duplicate keys with their line', () => {
    const {object, strictErrors} = decode('data:\n  k: "1"\n  k: "2"\n', 'yaml', core('ConfigMap'));
    assert.deepEqual(strictErrors, ['yaml: unmarshal errors:\n  line 3: key "k" already set in map']);
    assert.deepEqual(object.data, {k: '2'});
  });

  it('merges keys and expands aliases, within bounds', () => {
    assert.deepEqual(decode('x: &x {a: "1", b: "2"}\ndata:\n  <<: *x\n  b: "3"\n', 'yaml', core('ConfigMap')).object.data, {
      a: '1',
      b: '3',
    });
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((name, index) => `${name}: &${name} [${`*${'abcdefg'[index]},`.repeat(9)}]`),
    ];
    assert.throws(() => decode(bomb.join('\n'), 'yaml', core('ConfigMap')), {message: 'yaml: document contains excessive aliasing'});
  });

  it('words errors as libyaml does', () => {
    for (const [text, message] of [
      ['a: [\n', 'yaml: line 1: did not find expected node content'],
      ['a: b: c\n', 'yaml: mapping values are not allowed in this context'],
      ['a: "x\n', 'yaml: line 2: found unexpected end of stream'],
      ['a: 1\nb: {c\n', "yaml: line 2: did not find expected ',' or '}'"],
      ['a: *b\n', "yaml: unknown anchor 'b' referenced"],
      // What kubectl says of these.
      ['\ta: b\n', 'yaml: found character that cannot start any token'],
      ['a:\n\tb: c\n', 'yaml: line 2: found character that cannot start any token'],
      ['a: 1\n\tb: 2\n', 'yaml: line 2: found a tab character that violates indentation'],
      ['a: |\n\tx\n', 'yaml: line 2: found a tab character where an indentation space is expected'],
      ['a: |x\n', 'yaml: did not find expected comment or line break'],
      ['a: ]\n', 'yaml: did not find expected node content'],
      ['a: b\nc\nd: e\n', "yaml: line 3: could not find expected ':'"],
      ['a:\n  b: 1\n c: 2\n', 'yaml: line 2: did not find expected key'],
      ['- a: b\n c: d\n', "yaml: line 1: did not find expected '-' indicator"],
      ['a: - b\n', 'yaml: block sequence entries are not allowed in this context'],
      ['a: [a, b\nc: d\n', "yaml: line 1: did not find expected ',' or ']'"],
      ['a: & b\n', 'yaml: did not find expected alphabetic or numeric character'],
      ['a: !x!y z\n', 'yaml: found undefined tag handle'],
      ['a: !!binary "%"\n', 'yaml: !!binary value contains invalid base64 data'],
      ['a: !!timestamp x\n', 'yaml: cannot decode !!str `x` as a !!timestamp'],
      ['%YAML 1.2\n---\na: b\n', 'yaml: found incompatible YAML document'],
      ['a: "\\q"\n', 'yaml: found unknown escape character'],
      ['a: \x01\n', 'yaml: control characters are not allowed'],
      ['a: {{ .Values.x }}\n', 'yaml: invalid map key: map[interface {}]interface {}{".Values.x":interface {}(nil)}'],
      ['~: a\n', 'unsupported map key of type: %!s(<nil>), key: <nil>, value: "a"'],
    ] as const)
      assert.throws(() => decode(text, 'yaml', core('ConfigMap')), {message}, text);
  });

  it('folds lines and keeps blocks as libyaml does', () => {
    for (const [text, value] of [
      ['plain\n    text\n\n    more # not', 'plain text\nmore'],
      ['"a\\tb \\\n    c\n    d\\u0041"', 'a\tb c dA'],
      ["'it''s\n\n    two'", "it's\ntwo"],
      ['|\n    a\n      b\n\n    c', 'a\n  b\n\nc\n'],
      ['>-\n    a\n    b\n\n    c\n      d', 'a b\nc\n  d'],
      ['|2+\n    a\n\n', 'a\n\n\n'],
      ['http://a:b#c', 'http://a:b#c'],
      ['!!binary aGk=', 'hi'],
    ] as const)
      assert.deepEqual(data(text).object.data, {k: value}, text);
  });

  it('ends where the first document does, whatever stands behind', () => {
    assert.deepEqual(decode('{data: {k: v}} junk\n', 'yaml', core('ConfigMap')).object.data, {k: 'v'});
  });
});

describe('interpret', () => {
  it('finds group, version and kind whatever the case of their names', () => {
    assert.deepEqual(interpret(parse('{"apiVersion":"apps/v1","Kind":"Deployment"}', 'json')), {
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
    });
    assert.deepEqual(interpret(parse('null', 'json')), {group: '', version: '', kind: ''});
  });

  it('refuses what has none', () => {
    assert.throws(() => interpret(parse('{"kind":1}', 'json')), {
      message: "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string",
    });
    assert.throws(() => interpret(parse('[]', 'json')), /cannot unmarshal array into Go value of type struct \{ APIVersion string/);
    assert.throws(() => interpret(parse('{"apiVersion":"a/b/c"}', 'json')), {message: 'unexpected GroupVersion string: a/b/c'});
  });
});

describe('canonical', () => {
  it('copies, drops undefined and changes nothing it has made', () => {
    const schema = core('ConfigMap');
    const input = {metadata: {name: 'a', labels: undefined}, data: {b: '1', a: '2'}, immutable: undefined} as unknown as Json;
    const once = canonical(input, schema);
    assert.deepEqual(once, {metadata: {name: 'a'}, data: {a: '2', b: '1'}});
    assert.equal(JSON.stringify(canonical(once, schema)), JSON.stringify(once));
    assert.notEqual((once as {data: Json}).data, (input as {data: Json}).data);
  });
});
