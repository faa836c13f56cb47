import assert from 'node:assert/strict';
import type {AdmissionPlugin} from '../../../server/admission/admission.ts';
import {createMutatingWebhooks, createValidatingWebhooks} from '../../../server/admission/webhooks.ts';
import type {JsonObject} from '../../../server/api/json.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import type {Situation} from './hooks.ts';
import {admit, RULES} from './hooks.ts';

const hook = (more: object = {}) => ({
  name: 'h.example.com',
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  clientConfig: {url: 'https://h/'},
  rules: RULES,
  ...more,
});
const respond = (review: JsonObject, response: JsonObject): JsonObject => ({
  kind: 'AdmissionReview',
  apiVersion: String(review.apiVersion),
  response: {uid: (review.request as JsonObject).uid!, ...response},
});
const patchOf = (...operations: object[]) => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

const run = (
  kind: 'validating' | 'mutating',
  webhooks: object[],
  answer: Situation['answer'],
  more: Partial<Situation> = {},
  plugins: AdmissionPlugin[] = [],
) =>
  admit([...plugins, createMutatingWebhooks(), createValidatingWebhooks()], {
    object: {data: {}},
    world: {[`${kind}webhookconfigurations`]: [{metadata: {name: 'x'}, webhooks}]},
    ...(answer && {answer}),
    ...more,
  });

describe('server/admission/webhooks', () => {
  it('sends a review and lets pass what is allowed', async () => {
    let seen: JsonObject = {};
    const {warnings, annotations} = await run('validating', [hook()], review => {
      seen = review;
      return respond(review, {allowed: true, warnings: ['careful'], auditAnnotations: {k: 'v'}});
    });
    assert.deepEqual(seen, {
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      request: {
        uid: 'uid-1',
        kind: {group: '', version: 'v1', kind: 'ConfigMap'},
        resource: {group: '', version: 'v1', resource: 'configmaps'},
        requestKind: {group: '', version: 'v1', kind: 'ConfigMap'},
        requestResource: {group: '', version: 'v1', resource: 'configmaps'},
        name: 'c',
        namespace: 'n',
        operation: 'CREATE',
        userInfo: {username: 'alice', groups: ['g']},
        object: {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'c'}, data: {}},
        oldObject: null,
        dryRun: false,
        options: {},
      },
    });
    assert.deepEqual([warnings, annotations], [['careful'], {'h.example.com/k': 'v'}]);
  });

  const denials: [JsonObject, number, string][] = [
    [{}, 400, 'without explanation'],
    [{status: {message: 'no', code: 403, reason: 'Forbidden'}}, 403, ': no'],
    [{status: {reason: 'Because', code: 200}}, 400, ': Because'],
  ];
  for (const [response, code, text] of denials) {
    it(`refuses with ${JSON.stringify(response)}`, async () => {
      const reply = await run('validating', [hook()], review => respond(review, {allowed: false, ...response}));
      assert.deepEqual(
        [reply.code, reply.message],
        [code, `admission webhook "h.example.com" denied the request${text.startsWith(':') ? text : ` ${text}`}`],
      );
    });
  }

  const faults: [string, (review: JsonObject) => JsonObject | Error][] = [
    ['failed to call webhook: nobody there', () => new Error('nobody there')],
    ['received invalid webhook response: webhook response was absent', () => ({})],
    [
      'received invalid webhook response: expected response.uid="uid-1", got "other"',
      review => respond(review, {uid: 'other', allowed: true}),
    ],
    ['received invalid webhook response: expected response.uid="uid-1", got ""', () => ({response: {}})],
    ['received invalid webhook response: validating webhook may not return response.patch', review => respond(review, patchOf())],
    [
      'received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /v1, Kind=Pod',
      review => ({...respond(review, {allowed: true}), kind: 'Pod', apiVersion: '/v1'}),
    ],
    [
      'failed to call webhook: converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion',
      review => ({...respond(review, {allowed: true}), apiVersion: 'admission.k8s.io/v1beta1'}),
    ],
    ...(
      [
        ['string', 'AdmissionResponse.response.allowed of type bool', {allowed: 'yes'}],
        ['number', 'AdmissionResponse.response.uid of type types.UID', {uid: 1}],
        ['string', 'AdmissionResponse.response.warnings of type []string', {warnings: 'careful'}],
        ['bool', 'AdmissionResponse.response.auditAnnotations of type string', {auditAnnotations: {k: true}}],
        ['array', 'AdmissionResponse.response.patchType of type v1.PatchType', {patchType: []}],
        ['string', 'Status.response.status.code of type int32', {allowed: false, status: {code: '403'}}],
        ['string', 'AdmissionResponse.response.status of type v1.Status', {allowed: false, status: 'no'}],
        ['object', 'Status.response.status.message of type string', {allowed: false, status: {message: {}}}],
      ] as [string, string, JsonObject][]
    ).map(([type, field, response]): (typeof faults)[number] => [
      `failed to call webhook: json: cannot unmarshal ${type} into Go struct field ${field}`,
      review => respond(review, {allowed: true, ...response}),
    ]),
    ['failed to call webhook: illegal base64 data at input byte 0', review => respond(review, {allowed: true, patch: '%'})],
  ];
  for (const [text, answer] of faults) {
    it(`fails or ignores: ${text}`, async () => {
      const {code, message} = await run('validating', [hook()], answer);
      assert.deepEqual([code, message], [500, `Internal error occurred: failed calling webhook "h.example.com": ${text}`]);
      assert.equal((await run('validating', [hook({failurePolicy: 'Ignore'})], answer)).message, undefined);
    });
  }

  it('changes objects one after the other, and comes back where it is wanted', async () => {
    const calls: string[] = [];
    const {object} = await run(
      'mutating',
      [hook({name: 'a', clientConfig: {url: 'a'}, reinvocationPolicy: 'IfNeeded'}), hook({name: 'b', clientConfig: {url: 'b'}})],
      (review, url) => {
        calls.push(url);
        return respond(review, patchOf({op: 'add', path: `/data/${url}${calls.length}`, value: '1'}));
      },
    );
    assert.deepEqual(calls, ['a', 'b', 'a']);
    assert.deepEqual(object!.data, {a1: '1', b2: '1', a3: '1'});
  });

  it('lets every plugin look again at what a webhook changed', async () => {
    const turns = async (operation: object) => {
      let count = 0;
      const plugin = {name: 'tree', handles: () => true, admit: () => void count++};
      await run('mutating', [hook()], review => respond(review, patchOf(operation)), {}, [plugin]);
      return count;
    };
    assert.equal(await turns({op: 'add', path: '/data/a', value: '1'}), 2);
    assert.equal(await turns({op: 'test', path: '/data', value: {}}), 1);
  });

  it('comes back where the second look of a plugin changed the object', async () => {
    let [turns, calls] = [0, 0];
    const plugin: AdmissionPlugin = {
      name: 'tree',
      handles: () => true,
      admit: ({object}) => void Object.assign(object!, {data: {...(object!.data as object), turns: String(++turns)}}),
    };
    const answer: Situation['answer'] = review => respond(review, patchOf({op: 'add', path: '/data/a', value: String(++calls)}));
    await run('mutating', [hook({reinvocationPolicy: 'IfNeeded'})], answer, {}, [plugin]);
    assert.deepEqual([turns, calls], [2, 2]);
    await run('mutating', [hook()], answer, {}, [plugin]);
    assert.equal(calls, 3);
  });

  const undone: [string, JsonObject, boolean][] = [
    [
      'failed calling webhook "h.example.com": received undecodable patch in webhook response: invalid character \'o\' looking for beginning of value',
      {allowed: true, patchType: 'JSONPatch', patch: Buffer.from('oops').toString('base64')},
      true,
    ],
    [
      'failed calling webhook "h.example.com": received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
      {allowed: true, patchType: 'JSONPatch', patch: Buffer.from('{}').toString('base64')},
      true,
    ],
    [
      'add operation does not apply: doc is missing path: "/metadata/annotations/a": missing value',
      patchOf({op: 'add', path: '/metadata/annotations/a', value: ''}),
      false,
    ],
    [
      'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
      patchOf({op: 'add', path: '/data/a', value: 1}),
      false,
    ],
  ];
  for (const [text, response, ignorable] of undone) {
    it(`does not apply a patch: ${text}`, async () => {
      const message = async (failurePolicy: string) =>
        (await run('mutating', [hook({failurePolicy})], review => respond(review, response))).message;
      assert.equal(await message('Fail'), `Internal error occurred: ${text}`);
      assert.equal(await message('Ignore'), ignorable ? undefined : `Internal error occurred: ${text}`);
    });
  }

  it('leaves out what the kind does not have', async () => {
    const answer: Situation['answer'] = review => respond(review, patchOf({op: 'add', path: '/spec', value: {}}));
    assert.equal((await run('mutating', [hook()], answer)).object!.spec, undefined);
  });

  it('cannot change what is deleted', async () => {
    const answer: Situation['answer'] = review => respond(review, patchOf({op: 'add', path: '/data', value: {}}));
    const {message} = await run('mutating', [hook()], answer, {object: undefined, old: {metadata: {name: 'c'}}});
    assert.equal(
      message,
      'Internal error occurred: admission webhook "h.example.com" attempted to modify the object, which is not supported for this operation',
    );
  });

  it('selects no connections by labels', async () => {
    const connection = {operation: 'CONNECT', object: {kind: 'PodExecOptions'}, options: undefined} as unknown as Situation['more'];
    const calls = async (objectSelector: object) => {
      let seen: unknown;
      await run(
        'validating',
        [hook({objectSelector})],
        review => {
          seen = review.request;
          return respond(review, {allowed: true});
        },
        {more: connection},
      );
      return seen as JsonObject | undefined;
    };
    assert.equal(await calls({matchExpressions: [{key: 'a', operator: 'DoesNotExist'}]}), undefined);
    assert.deepEqual([(await calls({}))!.object, (await calls({}))!.options], [{apiVersion: 'v1', kind: 'PodExecOptions'}, null]);
  });

  it('asks only about what its rules, conditions and side effects allow', async () => {
    const never = () => new Error('called');
    assert.equal((await run('validating', [hook({rules: [{...RULES[0], operations: ['DELETE']}]})], never)).message, undefined);
    assert.equal(
      (await run('validating', [hook({matchConditions: [{name: 'n', expression: "request.name == 'other'"}]})], never)).message,
      undefined,
    );
    assert.equal(
      (await run('validating', [hook({sideEffects: 'Some'})], never, {dryRun: true})).message,
      'admission webhook "h.example.com" does not support dry run',
    );
  });

  it('converts to the version of an equivalent rule', async () => {
    const rules = [{...RULES[0], apiVersions: ['v2']}];
    let version: unknown;
    const answer: Situation['answer'] = review => {
      version = ((review.request as JsonObject).object as JsonObject).apiVersion;
      return respond(review, {allowed: true});
    };
    await run('validating', [hook({rules, matchPolicy: 'Exact'})], answer);
    assert.equal(version, undefined);
    await run('validating', [hook({rules, matchPolicy: 'Equivalent'})], answer);
    assert.equal(version, 'v2');
    await run('validating', [hook({rules: [...rules, ...RULES], matchPolicy: 'Equivalent'})], answer);
    assert.equal(version, 'v1');
  });

  it('has custom objects converted to the version it takes, and back', async () => {
    const rules = [{...RULES[0], apiVersions: ['v2']}];
    const convert = ({data, content, ...rest}: KubeObject, apiVersion: string): KubeObject => ({
      ...rest,
      apiVersion,
      [apiVersion === 'v1' ? 'data' : 'content']: data ?? content,
    });
    let request: JsonObject = {};
    const answer: Situation['answer'] = review => {
      request = review.request as JsonObject;
      return respond(review, patchOf({op: 'add', path: '/content/a', value: '1'}));
    };
    const {object} = await run('mutating', [hook({rules})], answer, {convert});
    const kind = {group: '', version: 'v2', kind: 'ConfigMap'};
    assert.deepEqual([request.kind, request.requestKind], [kind, {...kind, version: 'v1'}]);
    assert.deepEqual(request.object, {apiVersion: 'v2', kind: 'ConfigMap', metadata: {name: 'c'}, content: {}});
    assert.deepEqual(object, {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'c'}, data: {a: '1'}});
    const failing = await run('mutating', [hook({rules, failurePolicy: 'Ignore'})], answer, {
      convert: () => assert.fail('conversion webhook failed'),
    });
    assert.deepEqual([failing.code, failing.message], [500, 'Internal error occurred: conversion webhook failed']);
  });
});
