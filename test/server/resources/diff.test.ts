import assert from 'node:assert/strict';
import {describeDiff} from '../../../server/resources/diff.ts';
import {unifiedDiff} from '../../../server/resources/unified-diff.ts';

const lines = (count: number, name: (index: number) => string): string[] => Array.from({length: count}, (_, index) => name(index));

describe('unified diffs', () => {
  it('show three unchanged lines around a change', () => {
    const before = lines(10, index => `line ${index}`);
    const after = before.with(5, 'other');
    assert.equal(
      unifiedDiff(before.join('\n'), after.join('\n')),
      '@@ -3,7 +3,7 @@\n line 2\n line 3\n line 4\n-line 5\n+other\n line 6\n line 7\n line 8\n',
    );
  });

  it('show changes close to each other together and others apart', () => {
    const before = lines(30, index => `line ${index}`);
    const together = unifiedDiff(before.join('\n'), before.with(5, 'a').with(12, 'b').join('\n'));
    const apart = unifiedDiff(before.join('\n'), before.with(5, 'a').with(13, 'b').join('\n'));
    assert.deepEqual(together.match(/@@.*@@/g), ['@@ -3,14 +3,14 @@']);
    assert.deepEqual(apart.match(/@@.*@@/g), ['@@ -3,7 +3,7 @@', '@@ -11,7 +11,7 @@']);
  });

  it('count what is added or removed', () => {
    assert.equal(unifiedDiff('a\nb', 'a\nx\ny\nb'), '@@ -1,2 +1,4 @@\n a\n+x\n+y\n b\n');
    assert.equal(unifiedDiff('a', 'b'), '@@ -1 +1 @@\n-a\n+b\n');
  });

  it('say nothing of equal texts', () => {
    assert.equal(unifiedDiff('a\nb', 'a\nb'), '');
  });

  it('do not begin a match with a line that long texts repeat', () => {
    const repeated = lines(200, () => 'same');
    // Only the different line is there to match; the repeated ones follow from it.
    const diff = unifiedDiff(['first', ...repeated].join('\n'), ['zero', 'first', ...repeated].join('\n'));
    assert.equal(diff, '@@ -1,3 +1,4 @@\n+zero\n first\n same\n same\n');
    assert.match(unifiedDiff(repeated.join('\n'), ['new', ...repeated].join('\n')), /^@@ -1,200 \+1,201 @@\n-same\n/);
  });
});

describe('diffs of internal structures', () => {
  it('show values as Go indents JSON', () => {
    assert.equal(
      describeDiff({Name: 'a', List: null, Map: {}}, {Name: 'a<b>', List: [{N: 1}], Map: {}}),
      '@@ -1,5 +1,9 @@\n {\n- "Name": "a",\n- "List": null,\n+ "Name": "a\\u003cb\\u003e",\n+ "List": [\n+  {\n+   "N": 1\n+  }\n+ ],\n  "Map": {}\n }\n',
    );
  });
});
