import assert from 'node:assert/strict';
import type {
  MutatingAdmissionPolicy,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../../../server/api/kinds.generated.ts';
import {admissionregistration} from '../../../../server/resources/admissionregistration/index.ts';
import {rulesOf} from '../core/support.ts';

const metadata = {name: 'a'};
const rule = {operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods']};
const matchConstraints = {resourceRules: [rule]};

describe('validating admission policies', () => {
  const {create} = rulesOf<ValidatingAdmissionPolicy>(admissionregistration.ValidatingAdmissionPolicy!);
  const told = (spec: object): string[] =>
    create({metadata, spec: {matchConstraints, validations: [{expression: 'true'}], ...spec}} as ValidatingAdmissionPolicy).errors;

  const tables: [string, object, string[]][] = [
    ['are fine', {}, []],
    [
      'name resources as paths can',
      {matchConstraints: {resourceRules: [{...rule, resourceNames: ['a/b', 'a/b']}]}},
      [
        'spec.matchConstraints.resourceRules[0].resourceNames[0]: Invalid value: "a/b": may not contain \'/\'',
        'spec.matchConstraints.resourceRules[0].resourceNames[1]: Invalid value: "a/b": may not contain \'/\'',
        'spec.matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a/b"',
      ],
    ],
    [
      'match all resources or some, as the last one says',
      {
        matchConstraints: {
          resourceRules: [
            {...rule, resources: ['*', 'pods']},
            {...rule, resources: ['pods', '*']},
          ],
        },
      },
      [
        'spec.matchConstraints.resourceRules[0].resources: Invalid value: ["*","pods"]: if \'*\' is present, must not specify other resources without subresources',
      ],
    ],
    [
      'tell of conditions one by one',
      {
        matchConditions: [
          {name: '', expression: ' 1 '},
          {name: 'a', expression: ''},
        ],
      },
      [
        'spec.matchConditions[0].expression: Invalid value: "1": must evaluate to bool but got int',
        'spec.matchConditions[0].name: Required value',
        'spec.matchConditions[1].expression: Required value',
      ],
    ],
    [
      'have kinds of parameters in a version',
      {paramKind: {apiVersion: 'a/', kind: 'K'}},
      ['spec.paramKind.apiVersion: Invalid value: "a/": version must be specified'],
    ],
    [
      'explain without asking for rights',
      {validations: [{expression: 'authorizer != null', messageExpression: 'string(authorizer)', message: ' '}]},
      [
        "spec.validations[0].messageExpression: Invalid value: \"string(authorizer)\": compilation failed: ERROR: <input>:1:8: undeclared reference to 'authorizer' (in container '')\n | string(authorizer)\n | .......^",
        'spec.validations[0].message: Invalid value: " ": must be non-empty if specified',
      ],
    ],
    [
      'annotate a little',
      {
        auditAnnotations: [
          {key: 'a', valueExpression: `'${'x'.repeat(5120)}'`},
          {key: 'b', valueExpression: ' 1 '},
        ],
      },
      [
        'spec.auditAnnotations[0].valueExpression: Required value: must not exceed 5120 bytes in length',
        'spec.auditAnnotations[1].valueExpression: Invalid value: " 1 ": must evaluate to one of [string null_type] but got int',
      ],
    ],
  ];
  for (const [name, spec, errors] of tables) it(name, () => assert.deepEqual(told(spec), errors));

  it('annotate twenty times at most', () => {
    const auditAnnotations = Array.from({length: 21}, (_, i) => ({key: `k${i}`, valueExpression: "''"}));
    assert.match(
      told({auditAnnotations})[0]!,
      /^spec\.auditAnnotations: Invalid value: \[\{"Key":"k0","ValueExpression":"''"\},.*: must not have more than 20 auditAnnotations$/,
    );
  });
});

describe('mutating admission policies', () => {
  const {create} = rulesOf<MutatingAdmissionPolicy>(admissionregistration.MutatingAdmissionPolicy!);

  it('know variables, even if there are none', () => {
    const mutations = [{patchType: 'JSONPatch', jsonPatch: {expression: ' variables.n '}}];
    const {errors} = create({metadata, spec: {matchConstraints, mutations, reinvocationPolicy: 'Never'}} as MutatingAdmissionPolicy);
    assert.deepEqual(errors, [
      'spec.mutations[0].jsonPatch.expression: Invalid value: "variables.n": compilation failed: ERROR: <input>:1:10: undefined field \'n\'\n | variables.n\n | .........^',
    ]);
  });
});

describe('bindings of admission policies', () => {
  const {create} = rulesOf<ValidatingAdmissionPolicyBinding>(admissionregistration.ValidatingAdmissionPolicyBinding!);

  it('name parameters or select them', () => {
    const paramRef = {name: 'a', selector: {matchLabels: {a: '/'}}, parameterNotFoundAction: 'Deny'};
    const {errors} = create({metadata, spec: {policyName: 'p', paramRef, validationActions: ['Deny']}});
    assert.deepEqual(
      errors.map(error => error.replace(/: a valid label must be .*/, '')),
      [
        'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
        'spec.paramRef.selector.matchLabels: Invalid value: "/"',
        'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
      ],
    );
  });
});
