import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {readTokenFile} from '../../cluster/token-file.ts';

describe('cluster/token-file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubedouble-test-'));
  const file = join(folder, 'tokens.csv');
  after(() => rmSync(folder, {recursive: true}));
  const read = (text: string) => {
    writeFileSync(file, text);
    return [...readTokenFile(file)];
  };

  it('reads users with their groups', () => {
    assert.deepEqual(read('t1,alice,u1,"devs,ops"\n\nt2, bob ,\r\n"t""3",carl,u3,devs\n'), [
      ['t1', {name: 'alice', uid: 'u1', groups: ['devs', 'ops']}],
      ['t2', {name: 'bob', groups: []}],
      ['t"3', {name: 'carl', uid: 'u3', groups: ['devs']}],
    ]);
  });

  it('names the place of a bad line, not its content', () => {
    assert.throws(
      () => read('t1,alice,u1\nsecret\n'),
      ({message}: Error) => message.endsWith('tokens.csv:2: a line needs a token, a user name and a uid'),
    );
  });

  it('says that a file is not there', () => {
    assert.throws(() => readTokenFile(join(folder, 'absent')), /^StartError: cannot read the token file .*absent/);
  });
});
