import assert from 'node:assert/strict';
import {createValidatingPolicies} from '../../../server/admission/policies.ts';
import {createMutatingPolicies} from '../../../server/admission/policies-mutating.ts';
import {ABOUT_NAMESPACE, admit, RULES} from './hooks.ts';

const named = (name: string, spec: object) => ({metadata: {name}, spec});

/** One policy `p` with one binding `b`. */
const validating = (spec: object, binding: object = {}, more: object = {}) => ({
  validatingadmissionpolicies: [named('p', {matchConstraints: {resourceRules: RULES}, ...spec})],
  validatingadmissionpolicybindings: [named('b', {policyName: 'p', validationActions: ['Deny'], ...binding})],
  namespaces: [
    {
      metadata: {name: 'n', uid: 'u', labels: {env: 'test'}, creationTimestamp: '2026-01-01T00:00:00Z'},
      status: {conditions: [{type: 'NamespaceDeletionDiscoveryFailure'}]},
    },
  ],
  ...more,
});
const judge = (world: ReturnType<typeof validating>, object: object | undefined, old?: object) =>
  admit([createValidatingPolicies()], {object, old, world});
const PREFIX = `configmaps "c" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: `;

describe('server/admission/policies', () => {
  it('refuses with the status of its reason', async () => {
    const rule = (more: object) => validating({validations: [{expression: 'has(object.data)', ...more}]});
    assert.deepEqual(await judge(rule({}), {data: {}}), {
      warnings: [],
      annotations: {},
      object: {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'c'}, data: {}},
    });
    const {code, reason, message} = await judge(rule({}), {});
    assert.deepEqual({code, reason, message}, {code: 422, reason: 'Invalid', message: `${PREFIX}failed expression: has(object.data)`});
    assert.equal((await judge(rule({reason: 'Forbidden', message: 'no'}), {})).message, `${PREFIX}no`);
    assert.equal((await judge(rule({reason: 'RequestEntityTooLarge'}), {})).code, 413);
    assert.equal((await judge(rule({messageExpression: "'by ' + request.userInfo.username"}), {})).message, `${PREFIX}by alice`);
  });

  it('knows variables, conditions, the old object, the namespace and the authorizer', async () => {
    const world = validating({
      matchConditions: [{name: 'not-skipped', expression: "object == null || object.metadata.name != 'skip'"}],
      variables: [
        {name: 'size', expression: 'object.data.size()'},
        {name: 'fits', expression: 'variables.size < 2'},
      ],
      validations: [
        {expression: 'object == null || variables.fits', message: 'too many'},
        {expression: "oldObject == null || !has(oldObject.data) || !('keep' in oldObject.data)", message: 'kept'},
        {expression: "namespaceObject.metadata.labels['env'] == 'test'"},
        {expression: "authorizer.requestResource.check('get').allowed() && !authorizer.group('').resource('pods').check('list').allowed()"},
      ],
    });
    assert.equal((await judge(world, {data: {a: '1'}})).message, undefined);
    assert.equal((await judge(world, {data: {a: '1', b: '2'}})).message, `${PREFIX}too many`);
    assert.equal((await judge(world, {metadata: {name: 'skip'}, data: {a: '1', b: '2'}})).message, undefined);
    assert.equal((await judge(world, undefined, {metadata: {name: 'c'}, data: {keep: ''}})).message, `${PREFIX}kept`);
  });

  it('fails or ignores what cannot be evaluated', async () => {
    const rule = (failurePolicy: string) => validating({failurePolicy, validations: [{expression: "object.data['x'] == 'y'"}]});
    assert.equal(
      (await judge(rule('Fail'), {data: {}})).message,
      `${PREFIX}expression 'object.data['x'] == 'y'' resulted in error: no such key: x`,
    );
    assert.equal((await judge(rule('Ignore'), {data: {}})).message, undefined);
  });

  it('warns and annotates', async () => {
    const world = validating(
      {validations: [{expression: 'false', message: 'hm'}], auditAnnotations: [{key: 'k', valueExpression: "'v'"}]},
      {validationActions: ['Warn', 'Audit']},
    );
    const {warnings, annotations} = await judge(world, {});
    assert.deepEqual(warnings, [`Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': hm`]);
    assert.deepEqual(annotations, {'p/k': 'v'});
  });

  it('is evaluated for every parameter object', async () => {
    const spec = {
      paramKind: {apiVersion: 'v1', kind: 'ConfigMap'},
      validations: [{expression: 'object.data.size() <= int(params.data.max)', messageExpression: 'string(params.metadata.name)'}],
    };
    const configmaps = [named('small', {}), named('tiny', {})].map(({metadata}, i) => ({
      metadata: {...metadata, labels: {l: 'x'}},
      data: {max: String(2 - i)},
    }));
    const bound = (paramRef: object) => validating(spec, {paramRef}, {configmaps});
    const big = {data: {a: '', b: ''}};
    assert.equal((await judge(bound({name: 'small', parameterNotFoundAction: 'Deny'}), big)).message, undefined);
    assert.equal((await judge(bound({selector: {matchLabels: {l: 'x'}}, parameterNotFoundAction: 'Deny'}), big)).message, `${PREFIX}tiny`);
    assert.equal(
      (await judge(bound({name: 'absent', parameterNotFoundAction: 'Deny'}), big)).message,
      `${PREFIX}failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
    );
    assert.equal((await judge(bound({name: 'absent', parameterNotFoundAction: 'Allow'}), big)).message, undefined);
  });

  it('refuses where it cannot be configured, whatever its actions', async () => {
    const rule = (spec: object, binding: object = {}) => judge(validating(spec, {validationActions: ['Warn'], ...binding}), {data: {}});
    const start = `configmaps "c" is forbidden: ValidatingAdmissionPolicy 'p'`;
    const unknown = {paramKind: {apiVersion: 'x/v1', kind: 'Nothing'}, validations: [{expression: 'true'}]};
    const {message, warnings} = await rule(unknown);
    assert.equal(
      message,
      `${start} denied request: failed to configure policy: failed to find resource referenced by paramKind: 'x/v1, Kind=Nothing'`,
    );
    assert.deepEqual(warnings, []);
    assert.equal((await rule({...unknown, failurePolicy: 'Ignore'})).message, undefined);
    const global = {paramKind: {apiVersion: 'v1', kind: 'Global'}, validations: [{expression: 'true'}]};
    assert.equal(
      (await rule(global, {paramRef: {name: 'x', namespace: 'n'}})).message,
      `${start} with binding 'b' denied request: failed to configure binding: paramRef.namespace must not be provided for a cluster-scoped \`paramKind\``,
    );
    const annotation = {auditAnnotations: [{key: 'k', valueExpression: "string(object.data['x'])"}]};
    assert.equal(
      (await rule(annotation)).message,
      `${start} with binding 'b' denied request: expression 'string(object.data['x'])' resulted in error: no such key: x`,
    );
    assert.equal((await rule({...annotation, failurePolicy: 'Ignore'})).message, undefined);
  });

  it('sees the object in the version that its rules name', async () => {
    const rules = [{...RULES[0], apiVersions: ['v2']}];
    const shown = "object.apiVersion + ' ' + request.kind.version + ' ' + request.requestKind.version";
    const world = (matchConstraints: object) =>
      validating({matchConstraints, validations: [{expression: 'false', messageExpression: shown}]});
    assert.equal((await judge(world({resourceRules: rules}), {})).message, `${PREFIX}v2 v2 v1`);
    assert.equal((await judge(world({resourceRules: [...rules, ...RULES]}), {})).message, `${PREFIX}v1 v1 v1`);
    assert.equal((await judge(world({resourceRules: rules, matchPolicy: 'Exact'}), {})).message, undefined);
  });

  // What is declared for namespaces has other names and types than what is there.
  for (const [expression, shown] of [
    ['namespaceObject.status.conditions[0].type', 'NamespaceDeletionDiscoveryFailure'],
    ['string(has(namespaceObject.metadata.UID))', 'false'],
    ['string(has(namespaceObject.metadata.ownerReferences))', undefined],
    ['string(type(namespaceObject.metadata.creationTimestamp) == string)', 'true'],
    ['string(namespaceObject.metadata.creationTimestamp.getFullYear())', undefined],
  ] as const) {
    it(`shows the namespace as JSON has it: ${expression}`, async () => {
      const {message} = await judge(validating({validations: [{expression: 'false', messageExpression: expression}]}), {});
      assert.equal(message, `${PREFIX}${shown ?? 'failed expression: false'}`);
    });
  }

  it('takes what is about a namespace to be in it, and shows no other', async () => {
    const shown = "request.namespace + ' ' + request.name + ' ' + string(namespaceObject == null)";
    const world = validating({
      matchConstraints: {resourceRules: [{...RULES[0], resources: ['namespaces'], scope: 'Cluster'}]},
      validations: [{expression: 'false', messageExpression: shown}],
    });
    const {message} = await admit([createValidatingPolicies()], {object: {}, world, more: ABOUT_NAMESPACE});
    assert.match(message!, /: c c true$/);
  });

  it('matches by rules and selectors of policy and binding', async () => {
    const no = {validations: [{expression: 'false'}]};
    const matched = async (matchConstraints: object, binding: object = {}) =>
      (await judge(validating({...no, matchConstraints}, binding), {metadata: {name: 'c', labels: {a: 'b'}}})).message !== undefined;
    assert.equal(await matched({resourceRules: [{...RULES[0], apiGroups: ['apps']}]}), false);
    assert.equal(await matched({resourceRules: [{...RULES[0], operations: ['UPDATE']}]}), false);
    assert.equal(await matched({resourceRules: [{...RULES[0], resourceNames: ['d']}]}), false);
    assert.equal(await matched({resourceRules: [{...RULES[0], apiVersions: ['v9']}]}), false);
    assert.equal(await matched({resourceRules: RULES, excludeResourceRules: RULES}), false);
    assert.equal(await matched({resourceRules: RULES, namespaceSelector: {matchLabels: {env: 'prod'}}}), false);
    assert.equal(await matched({resourceRules: RULES}, {matchResources: {objectSelector: {matchLabels: {a: 'c'}}}}), false);
    assert.equal(await matched({resourceRules: [{...RULES[0], resources: ['*']}], objectSelector: {matchLabels: {a: 'b'}}}), true);
  });
});

describe('server/admission/policies-mutating', () => {
  const change = (mutations: object[], more: object = {}) =>
    admit([createMutatingPolicies()], {
      object: {data: {a: '1'}},
      world: {
        mutatingadmissionpolicies: [named('p', {matchConstraints: {resourceRules: RULES}, mutations, ...more})],
        mutatingadmissionpolicybindings: [named('b', {policyName: 'p'})],
      },
    });
  const jsonPatch = (expression: string) => ({patchType: 'JSONPatch', jsonPatch: {expression}});
  const apply = (expression: string) => ({patchType: 'ApplyConfiguration', applyConfiguration: {expression}});

  it('applies one patch after the other', async () => {
    const {object, message} = await change([
      apply("Object{metadata: Object.metadata{labels: {'l': object.metadata.name}}}"),
      jsonPatch("[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('x/y'), value: object.metadata.labels.l + '!'}]"),
    ]);
    assert.equal(message, undefined);
    assert.deepEqual(object!.metadata, {name: 'c', labels: {l: 'c', 'x/y': 'c!'}});
  });

  it('fails as its policy says', async () => {
    const broken = [jsonPatch("[JSONPatch{op: 'remove', path: '/nope'}]"), apply('Object{data: {}}')];
    const {code, reason, message} = await change(broken);
    assert.deepEqual([code, reason], [403, 'Invalid']);
    assert.equal(
      message,
      "policy 'p' with binding 'b' denied request: JSONPath: error in remove for path: '/nope': Unable to remove nonexistent key: nope: missing value",
    );
    assert.equal((await change(broken, {failurePolicy: 'Ignore'})).message, undefined);
    assert.match(
      (await change([], {paramKind: {apiVersion: 'x/v1', kind: 'No'}})).message!,
      /^policy "p" denied request: failed to configure policy: failed to find resource /,
    );
  });

  it('leaves alone what a test of its patch does not find', async () => {
    const {object, message} = await change([
      jsonPatch("[JSONPatch{op: 'add', path: '/data/b', value: '2'}, JSONPatch{op: 'test', path: '/data/a', value: '0'}]"),
    ]);
    assert.deepEqual([message, object!.data], [undefined, {a: '1'}]);
  });

  it('may not set a part of what is owned as a whole, nor what there is not', async () => {
    const start = "policy 'p' with binding 'b' denied request: error applying patch: ";
    assert.equal((await change([apply("Object{metadata: Object.metadata{finalizers: ['a/b']}}")])).message, undefined);
    assert.equal(
      (await change([apply("Object{spec: Object.spec{a: 'b'}}")])).message,
      `${start}failed to convert patch object to typed object: .spec: field not declared in schema`,
    );
  });

  it('makes nothing that its kind does not have', async () => {
    const add = (path: string, value: string) => [jsonPatch(`[JSONPatch{op: 'add', path: '${path}', value: ${value}}]`)];
    const message = async (mutations: object[]) => (await change(mutations, {failurePolicy: 'Ignore'})).message;
    assert.equal(await message(add('/spec', "'x'")), 'Internal error occurred: strict decoding error: unknown field "spec"');
    assert.match((await message(add('/data/b', '1')))!, /^Internal error occurred: json: cannot unmarshal number /);
  });

  it('comes back where it is wanted', async () => {
    const append = (letter: string) => jsonPatch(`[JSONPatch{op: 'replace', path: '/data/a', value: object.data.a + '${letter}'}]`);
    const policy = (name: string, letter: string, reinvocationPolicy: string) =>
      named(name, {matchConstraints: {resourceRules: RULES}, mutations: [append(letter)], reinvocationPolicy});
    const {object} = await admit([createMutatingPolicies()], {
      object: {data: {a: ''}},
      world: {
        mutatingadmissionpolicies: [policy('p', 'p', 'IfNeeded'), policy('q', 'q', 'Never')],
        mutatingadmissionpolicybindings: [named('b', {policyName: 'p'}), named('c', {policyName: 'q'})],
      },
    });
    assert.deepEqual(object!.data, {a: 'pqp'});
  });
});
