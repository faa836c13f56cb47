import assert from 'node:assert/strict';
import {createValidatingPolicies} from '../../../server/admission/policies.ts';
import {createMutatingPolicies} from '../../../server/admission/policies-mutating.ts';
import {admit, RULES} from './hooks.ts';

const named = (name: string, spec: object) => ({metadata: {name}, spec});

/** One policy `p` with one binding `b`. */
const validating = (spec: object, binding: object = {}, more: object = {}) => ({
  validatingadmissionpolicies: [named('p', {matchConstraints: {resourceRules: RULES}, ...spec})],
  validatingadmissionpolicybindings: [named('b', {policyName: 'p', validationActions: ['Deny'], ...binding})],
  namespaces: [{metadata: {name: 'n', labels: {env: 'test'}, creationTimestamp: '2026-01-01T00:00:00Z'}}],
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

  it('sees the request in the version that the policy names', async () => {
    const world = validating({
      matchConstraints: {resourceRules: [{...RULES[0], apiVersions: ['v2']}], matchPolicy: 'Equivalent'},
      validations: [{expression: 'false', messageExpression: 'object.apiVersion + request.kind.version + request.requestKind.version'}],
    });
    assert.equal((await judge(world, {data: {}})).message, `${PREFIX}v2v2v1`);
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
        {
          expression:
            "namespaceObject.metadata.labels['env'] == 'test' && namespaceObject.metadata.creationTimestamp.getFullYear() == 2026",
        },
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
    const broken = [jsonPatch("[JSONPatch{op: 'remove', path: '/nope'}]")];
    assert.match((await change(broken)).message!, /^configmaps "c" is forbidden: policy 'p' with binding 'b' denied request: /);
    assert.equal((await change(broken, {failurePolicy: 'Ignore'})).message, undefined);
  });
});
