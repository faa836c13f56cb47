import assert from 'node:assert/strict';
import {SelectorError} from '../../../server/api/label-syntax.ts';
import {
  formatLabelRequirements,
  formatLabelSelector,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  selectsLabels,
} from '../../../server/api/selectors.ts';

describe('label selectors', () => {
  const labels = {app: 'web', tier: 'front', size: '10'};
  const selecting: [string, boolean][] = [
    ['', true],
    ['app', true],
    ['!app', false],
    ['app=web', true],
    ['app==web,tier!=back', true],
    ['app in (web, db)', true],
    ['app notin (web)', false],
    ['other notin (web)', true],
    ['other!=x', true],
    ['size>9', true],
    ['size<9', false],
    ['app>1', false],
    ['in=1', false],
    ['app in ()', false],
    ['nope=', false],
    ['constructor', false],
  ];
  for (const [text, want] of selecting) it(`'${text}'`, () => assert.equal(matchesLabels(parseLabelSelector(text), labels), want));

  it('prints what it read, sorted', () => {
    assert.equal(formatLabelRequirements(parseLabelSelector('z, b in (y,x), !a,c==d , e>1')), '!a,b in (x,y),c==d,e>1,z');
    assert.equal(formatLabelSelector({matchExpressions: [{key: 'b', operator: 'Exists'}], matchLabels: {a: '1'}}), 'a=1,b');
    assert.equal(formatLabelSelector({}), '<none>');
  });

  const refused: [string, string][] = [
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    [',a', "found ',', expected: !, identifier, or 'end of string'"],
    ['a===b', "unable to parse requirement: found '=', expected: identifier"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a>x', "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"],
  ];
  for (const [text, message] of refused)
    it(`refuses '${text}'`, () => assert.throws(() => parseLabelSelector(text), new SelectorError(message)));

  it('selects nothing without a selector and everything with an empty one', () => {
    assert.equal(selectsLabels(undefined, labels), false);
    assert.equal(selectsLabels({}, undefined), true);
  });
});

describe('field selectors', () => {
  it('reads escapes and both operators', () => {
    assert.deepEqual(parseFieldSelector('b!=2,a==x\\,y\\=z,'), [
      {field: 'a', operator: '=', value: 'x,y=z'},
      {field: 'b', operator: '!=', value: '2'},
    ]);
  });

  it('takes a missing field for the empty string', () => {
    assert.equal(matchesFields(parseFieldSelector('spec.nodeName='), {}), true);
    assert.equal(matchesFields(parseFieldSelector('spec.nodeName!='), {}), false);
  });

  it('refuses with upstream’s words', () => {
    assert.throws(() => parseFieldSelector('!x'), new SelectorError("invalid selector: '!x'; can't understand '!x'"));
    assert.throws(() => parseFieldSelector('a=b\\x'), new SelectorError('invalid field selector: invalid escape sequence: \\x'));
    assert.throws(() => parseFieldSelector('a=b=c'), new SelectorError('invalid field selector: unescaped character in value: 61'));
  });
});
