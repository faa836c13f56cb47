import assert from 'node:assert/strict';
import type {Json} from '../../../../server/api/json.ts';
import type {JSONSchemaProps, ValidationRule} from '../../../../server/api/kinds.generated.ts';
import {createRuleValidator} from '../../../../server/schema/cel/validate-rules.ts';
import {structural} from '../../../../server/schema/structural.ts';

const rules = (...list: ValidationRule[]) => ({'x-kubernetes-validations': list});
const object = (properties: {[name: string]: JSONSchemaProps}, ...list: ValidationRule[]): JSONSchemaProps => ({
  type: 'object',
  properties,
  ...rules(...list),
});

/** Failures as `field: message`, and warnings. */
function check(spec: JSONSchemaProps, value: Json, old?: Json) {
  const warnings: string[] = [];
  const validator = createRuleValidator(structural(object({spec})));
  const errors = validator!.validate({spec: value}, old === undefined ? undefined : {spec: old}, '', text => void warnings.push(text));
  return {errors: errors.map(({field, message}) => `${field}: ${message}`), warnings};
}

describe('server/schema/cel/validate-rules', () => {
  it('has nothing to do without rules', () => assert.equal(createRuleValidator(structural(object({}))), undefined));

  it('names the rule, its message or what messageExpression yields', () => {
    const spec = object(
      {size: {type: 'integer', ...rules({rule: 'self < 3'})}},
      {rule: 'self.size > 5'},
      {rule: 'self.size > 6', message: ' told '},
      {rule: 'self.size > 7', messageExpression: "'size ' + string(self.size)", reason: 'FieldValueForbidden', fieldPath: '.size'},
      {rule: 'self.size > 8', message: 'kept', messageExpression: "'a\\nb'"},
      {rule: 'self.missing > 8'},
    );
    assert.deepEqual(check(spec, {size: 4}).errors, [
      'spec: Invalid value: failed rule: self.size > 5',
      'spec: Invalid value: told',
      'spec.size: Forbidden: size 4',
      'spec: Invalid value: kept',
      'spec: Invalid value: "object": rule compile error: compilation failed: ERROR: <input>:1:5: undefined field \'missing\'\n | self.missing > 8\n | ....^',
      'spec.size: Invalid value: 4: failed rule: self < 3',
    ]);
  });

  it('tells errors of evaluation', () => {
    const spec = object(
      {size: {type: 'integer'}, port: {'x-kubernetes-int-or-string': true}},
      {rule: 'self.size > 1'},
      {rule: 'self.port > 0'},
    );
    assert.deepEqual(check(spec, {port: 'x'}).errors, [
      'spec: Invalid value: "object": no such key: size evaluating rule: self.size > 1',
      `spec: Invalid value: "object": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self.port > 0`,
    ]);
  });

  it('runs transition rules where there is an old value', () => {
    const item = object({k: {type: 'string'}, v: {type: 'integer', ...rules({rule: 'self >= oldSelf'})}});
    const spec = object({
      l: {type: 'array', items: item, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k']},
      first: {type: 'integer', ...rules({rule: 'oldSelf.hasValue() || self == 0', optionalOldSelf: true})},
    });
    const old = {l: [{k: 'a', v: 5}]};
    assert.deepEqual(
      check(
        spec,
        {
          l: [
            {k: 'b', v: 1},
            {k: 'a', v: 4},
          ],
        },
        old,
      ).errors,
      ['spec.l[1].v: Invalid value: 4: failed rule: self >= oldSelf'],
    );
    assert.deepEqual(check(spec, {l: [{k: 'a', v: 1}]}).errors, []);
    assert.deepEqual(check(spec, {first: 1}, old).errors, ['spec.first: Invalid value: 1: failed rule: oldSelf.hasValue() || self == 0']);
    assert.deepEqual(check(spec, {first: 2}, {first: 1}).errors, []);
  });

  it('warns of what did not change', () => {
    const spec = object({size: {type: 'integer', ...rules({rule: 'self > 5'})}, other: {type: 'string'}});
    const told = 'spec.size: Invalid value: 1: failed rule: self > 5';
    assert.deepEqual(check(spec, {size: 1, other: 'new'}, {size: 1}), {errors: [], warnings: [told]});
    assert.deepEqual(check(spec, {size: 1}, {size: 2}), {errors: [told], warnings: []});
  });

  it('compares sets without order and reads formats', () => {
    const spec = object(
      {
        s: {type: 'array', items: {type: 'string'}, 'x-kubernetes-list-type': 'set'},
        d: {type: 'string', format: 'date-time'},
        b: {type: 'string', format: 'byte'},
        'a-b': {type: 'string'},
        namespace: {type: 'string'},
      },
      {rule: "self.s == ['y', 'x'] && self.s + ['x', 'z'] == ['x', 'y', 'z']"},
      {rule: "self.d.getFullYear() == 2024 && self.b == b'hi'"},
      {rule: "self.a__dash__b == 'c' && self.__namespace__ == 'n'"},
      {rule: "self.namespace == 'n' && has(self.namespace) && self.?namespace.orValue('') == 'n'"},
    );
    assert.deepEqual(check(spec, {s: ['x', 'y'], d: '2024-02-29T00:00:00Z', b: 'aGk=', 'a-b': 'c', namespace: 'n'}).errors, []);
  });

  it('takes old values that never fitted the schema', () => {
    const spec = object({b: {type: 'string', format: 'byte', ...rules({rule: 'self == oldSelf'})}});
    assert.deepEqual(check(spec, {b: 'aGk='}, {b: 5}).errors, ['spec.b: Invalid value: "aGk=": failed rule: self == oldSelf']);
  });

  it('runs out of budget rather than on', () => {
    const spec = object(
      {l: {type: 'array', items: {type: 'string'}}},
      {rule: 'self.l.all(a, self.l.all(b, self.l.all(c, a != b + c)))'},
      {rule: 'false'},
    );
    const {errors} = check(spec, {l: Array.from({length: 200}, (_, i) => `x${i}`)});
    assert.equal(errors.length, 1);
    assert.match(errors[0]!, /operation cancelled: actual cost limit exceeded': no further validation rules will be run/);
  });
});
