import assert from 'node:assert/strict';
import {baseEnvironment, CALL_LIMIT, compile, withVariables} from '../../../../server/schema/cel/environment.ts';
import {dynamicValue, toJson} from '../../../../server/schema/cel/json-values.ts';
import {DYN, INT, listOf, STRING} from '../../../../server/schema/cel/types.ts';
import type {Value} from '../../../../server/schema/cel/values.ts';
import {isError} from '../../../../server/schema/cel/values.ts';

const environment = withVariables(
  baseEnvironment(),
  new Map([
    ['s', STRING],
    ['i', INT],
    ['l', listOf(STRING)],
    ['d', DYN],
  ]),
);
const variables: {readonly [name: string]: Value} = {
  s: 'wörld',
  i: 7n,
  l: dynamicValue(['b', 'a']),
  d: dynamicValue({a: {b: [1, 2.5]}, n: null}),
};

/** JSON of what an expression yields, or its error. */
function run(source: string) {
  const compiled = compile(environment, source);
  if ('error' in compiled) return compiled.error;
  const {value} = compiled.program.evaluate(name => variables[name], CALL_LIMIT);
  return isError(value) ? `error: ${value.message}` : toJson(value);
}

describe('server/schema/cel/environment', () => {
  const values: [string, unknown][] = [
    ['1 + 2 * 3 - -4', 11],
    ['7 / 2 + 7 % 4 + -7 / 2', 3],
    ['i > 2.5 && 1u < i', true],
    ['9223372036854775807 + i', 'error: integer overflow'],
    ['1 / 0 == 1 || true', true],
    ['!(1 / 0 == 1 && false)', true],
    ['[1, 0].exists(x, 1 / x == 1)', true],
    ["'abc'.charAt(1) + s.substring(1, 2) + s.upperAscii()", 'böWöRLD'],
    ["s.size() == 5 && s.indexOf('r') == 2", true],
    ["'a-b-c'.split('-', 2)", ['a', 'b-c']],
    ["'aaa'.replace('a', 'b', 2)", 'bba'],
    ["'%s is %d (%.1f) %x'.format([l, 5, 2.25, 255])", '["b", "a"] is 5 (2.3) ff'.replace('2.3', (2.25).toFixed(1))],
    ["'k1=v,k2=w'.findAll('[a-z][0-9]=')", ['k1=', 'k2=']],
    ['l.map(x, x + x)', ['bb', 'aa']],
    ['l.filter(x, x != s).sort()', ['a', 'b']],
    ["{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 2)", {b: 4}],
    ["{'a': 1}.transformMapEntry(k, v, {v: k})", {1: 'a'}],
    ['[3, 1, 2].sortBy(x, -x)', [3, 2, 1]],
    ['[[1], [2, 3]].flatten().reverse()', [3, 2, 1]],
    ['lists.range(3).sum()', 3],
    ['[].max() == 1', 'error: max called on empty list'],
    ['sets.contains([1, 2], [2])', true],
    ['d.a.b[1]', 2.5],
    ['d.a.missing', 'error: no such key: missing'],
    ['has(d.a.b) && !has(d.a.c)', true],
    ['d.?a.?c.orValue(3)', 3],
    ["optional.of('x').optMap(v, v + v).value()", 'xx'],
    ['d.n == null', true],
    ['l[5]', 'error: index out of bounds: 5'],
    ["d + 'x'", 'error: no such overload: _+_'],
    ["timestamp('2024-02-29T12:00:00Z') + duration('36h') == timestamp('2024-03-02T00:00:00Z')", true],
    ["string(duration('1h30m'))", '5400s'],
    ["timestamp('2024-02-29T12:34:56.789Z').getHours('+02:00')", 14],
    ["ip('10.0.0.1') in [ip('10.0.0.1')] && !isIP('010.0.0.1')", true],
    ["cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')", true],
    ["cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.0.0.0/8').containsIP('11.0.0.0')", true],
    ["url('https://u@h:8/a b?x=1&x=2').getEscapedPath() + url('https://h:8/').getPort()", '/a%20b8'],
    ["url('https://h/?x=1&x=2').getQuery()['x']", ['1', '2']],
    ["quantity('1.5Gi') == quantity('1536Mi') && quantity('1Ki').isGreaterThan(quantity('1k'))", true],
    ["semver('1.2.3-alpha').isLessThan(semver('v1.2.3', true))", true],
    ["format.dns1123Label().validate('My_Name').hasValue()", true],
    ['type(i) == int && type(s) == string && type(d) != list', true],
    ["b'\\x61b' == bytes('ab')", true],
    ["'abc'.indexOf('c', 20) + 'abc'.lastIndexOf('c', 20)", -2],
    ["string(1e20) + ' ' + string(1234567.5) + ' ' + string(0.0001)", '1e+20 1.2345675e+06 0.0001'],
    ["'%s %s'.format([[1.5, int], {1: 2.0}])", '[1.500000, type(int)] {1:2.000000}'],
    ["'%s'.format([1.0 / 0.0])", '+Inf'],
    [
      "'%s'.format([dyn(optional.of(1))])",
      'error: error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given optional_type',
    ],
    ["'%b'.format([dyn(1.5)])", 'error: error during formatting: only integers and bools can be formatted as binary, was given double'],
    [
      "'%s'.format([b'\\xff'])",
      'error: error during formatting: could not convert argument "invalid UTF-8 in bytes, cannot convert to string" to string',
    ],
    ["'%s'.format([{1.5: 2}])", 'error: error during formatting: no formatting function for map key of type double'],
    ["string(timestamp('2024-01-02T03:04:05+02:00') + duration('1h'))", '2024-01-02T04:04:05+02:00'],
    ["timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z') == duration('1s')", 'error: integer overflow'],
    ["double('0x1p-2') + double('1_000')", 1000.25],
    ["int(duration('1s'))", 1000000000],
    ['{1: 2, 1: 3}[1]', 3],
    ["quantity('1.5Gi').isInteger() || quantity('1.5').isInteger()", false],
    ['d.n + 1', 'error: no such overload: _+_'],
    ["dyn(1) + dyn('a')", 'error: no such overload'],
    ['dyn(1).size()', 'error: no such overload: size'],
    ["dyn('a').startsWith(dyn(1))", 'error: no such overload'],
    ['dyn(1).all(x, x > 0)', "error: got 'types.Int', expected iterable type"],
    ["dyn('a').all(i, v, v == i)", 'error: unsupported comprehension range type: types.String'],
    ['d[duration(string("1s"))]', 'error: invalid qualifier type: types.Duration'],
    ['type(d) == map', true],
    ['size([,]) + size({,})', 0],
  ];
  for (const [source, expected] of values) {
    it(source, () => assert.deepEqual(run(source), expected));
  }

  const faults: [string, string][] = [
    [
      'i ==',
      "1:5: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ],
    ['i = 5', "1:3: Syntax error: token recognition error at: '= '"],
    ['s.', "1:3: Syntax error: no viable alternative at input '.'"],
    ["i + 'x'", "1:3: found no matching overload for '_+_' applied to '(int, string)'"],
    ['nope', "1:1: undeclared reference to 'nope' (in container '')"],
    ['i.x', "1:2: type 'int' does not support field selection"],
    ['i.all(x, true)', "1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"],
    ["[1, 'a']", "1:5: expected type 'int' but found 'string'"],
    ["duration('x')", '1:10: invalid duration argument'],
    ["s.matches('(')", '1:11: invalid matches argument'],
    ['has(i)', '1:5: invalid argument to has() macro'],
    ['math.ceil(1.5)', "1:1: undeclared reference to 'math' (in container '')"],
    ['for', '1:1: reserved identifier: for'],
    ["'%d'.format(['a'])", '1:14: error during formatting: decimal clause can only be used on integers, was given string'],
    ["'%s %s'.format(['a'])", '1:15: index 1 out of range'],
    ["'%s'.format(['a', 'b'])", '1:12: too many arguments supplied to string.format (expected 1, got 2)'],
    ["'%q'.format(['a'])", '1:12: could not parse formatting clause: unrecognized formatting clause "q"'],
    ['[dyn(1), 1]', "1:10: expected type 'dyn' but found 'int'"],
    ["timestamp('2024-01-02t03:04:05z')", '1:11: invalid timestamp argument'],
    ['timestamp(253402300800)', '1:11: invalid timestamp argument'],
    ['duration(3)', '1:10: invalid duration argument'],
    ['(i', "1:3: Syntax error: missing ')' at '<EOF>'"],
    ['((i', "1:4: Syntax error: missing ')' at '<EOF>'"],
    ['[1, 2', "1:6: Syntax error: mismatched input '<EOF>' expecting {']', ','}"],
    ['[1,', "1:4: Syntax error: missing ']' at '<EOF>'"],
    ["{'a' 1}", "1:6: Syntax error: missing ':' at '1'"],
    ['s.in(i)', "1:3: Syntax error: no viable alternative at input '.in'"],
    ['s.?', "1:4: Syntax error: mismatched input '<EOF>' expecting {IDENTIFIER, ESC_IDENTIFIER}"],
    ['l.existsOne(x, true)', "1:12: undeclared reference to 'existsOne' (in container '')"],
    ['null.sortBy(x, x)', '1:1: sortBy can only be applied to a list, identifier, comprehension, call or select expression'],
  ];
  for (const [source, expected] of faults) {
    it(`refuses ${source}`, () => {
      const text = String(run(source));
      assert.ok(text.startsWith(`compilation failed: ERROR: <input>:${expected}\n | ${source}\n | `), text);
    });
  }

  const unplanned: [string, string][] = [
    ["int('0x1F') == 31", "type conversion error from 'string' to 'int'"],
    ["int(double('NaN')) == 1", 'integer overflow'],
    ["int(dyn('a')) == 1", "type conversion error from 'string' to 'int'"],
    ['uint(-0.5) == 1u', 'unsigned integer overflow'],
    ["double('1e400') > 1.0", "type conversion error from 'string' to 'double'"],
    ["s.find('(') == s", 'error parsing regexp: missing closing ): `(`'],
  ];
  for (const [source, expected] of unplanned) {
    it(`cannot plan ${source}`, () => assert.equal(run(source), `program instantiation failed: ${expected}`));
  }

  it('stops what costs too much, and what is nested too deeply', () => {
    const nested = `${'lists.range(100).all(a, '.repeat(4)}true${')'.repeat(4)}`.replaceAll('(a,', '(x,');
    assert.equal(run(nested), 'error: operation cancelled: actual cost limit exceeded');
    assert.match(String(run('('.repeat(300) + '1' + ')'.repeat(300))), /expression recursion limit exceeded: 250/);
    assert.equal(run('lists.range(20000).map(x, x).size()'), 20000);
  });
});
