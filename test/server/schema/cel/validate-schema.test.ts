import assert from 'node:assert/strict';
import type {JSONSchemaProps, ValidationRule} from '../../../../server/api/kinds.generated.ts';
import {validateExpressions} from '../../../../server/schema/cel/validate-schema.ts';

const HINT = '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

function faults(spec: JSONSchemaProps, ...rules: ValidationRule[]) {
  const schema = {type: 'object', properties: {spec: {type: 'object', ...spec, 'x-kubernetes-validations': rules}}};
  return validateExpressions(schema, 'schema').map(
    ({field, message}) => `${field.replace('schema.properties[spec].x-kubernetes-validations', '#')}: ${message}`,
  );
}

const integer = {properties: {i: {type: 'integer'}}};
const shown = (rule: string, more: object = {}) =>
  JSON.stringify({Rule: rule, Message: '', MessageExpression: '', Reason: null, FieldPath: '', OptionalOldSelf: null, ...more}).replaceAll(
    '>',
    '\\u003e',
  );

describe('server/schema/cel/validate-schema', () => {
  it('accepts rules that are right and cheap', () => assert.deepEqual(faults(integer, {rule: 'self.i > 0 && self.i >= oldSelf.i'}), []));

  it('shows the whole rule that does not compile', () =>
    assert.deepEqual(faults(integer, {rule: 'self.x > 0'}, {rule: 'self.i'}, {rule: 'true', messageExpression: 'self.i'}), [
      `#[0].rule: Invalid value: ${shown('self.x > 0')}: compilation failed: ERROR: <input>:1:5: undefined field 'x'\n | self.x > 0\n | ....^`,
      `#[1].rule: Invalid value: ${shown('self.i')}: cel expression must evaluate to a bool`,
      `#[2].messageExpression: Invalid value: ${shown('true', {MessageExpression: 'self.i'})}: messageExpression must evaluate to a string`,
    ]));

  it('allows old values only where they can be found', () => {
    assert.deepEqual(faults(integer, {rule: 'self.i > 0', optionalOldSelf: true}), [
      '#[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule',
    ]);
    const items = {type: 'integer', 'x-kubernetes-validations': [{rule: 'self >= oldSelf'}]};
    assert.deepEqual(faults({properties: {l: {type: 'array', items, maxItems: 3}}}), [
      'schema.properties[spec].properties[l].items.x-kubernetes-validations[0].rule: Invalid value: "self >= oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within schema.properties[spec].properties[l]',
    ]);
  });

  it('refuses what may cost too much', () => {
    const list = (limits: object, item: object = {}) => ({properties: {l: {type: 'array', items: {type: 'string', ...item}, ...limits}}});
    const rule = 'self.l.all(x, self.l.all(y, x.contains(y)))';
    assert.deepEqual(faults(list({maxItems: 10}, {maxLength: 10}), {rule}), []);
    assert.deepEqual(faults(list({maxItems: 100}, {maxLength: 100}), {rule}), [
      `#[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 1.6x ${HINT}`,
    ]);
    assert.deepEqual(faults(list({}), {rule}), [
      `#[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x ${HINT}`,
      '#[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
      `schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x ${HINT}`,
    ]);
  });
});
