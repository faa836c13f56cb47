import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';

/** Tests of upstream's conformance suite that need controllers and pods: ours with the same steps, as `describe > it`, or why there is none. */
const MAPPING = JSON.parse(readFileSync(new URL('../../conformance/upstream-b.json', import.meta.url), 'utf8')) as {
  [test: string]: string[] | {notCovered: string};
};
const FOLDER = new URL('./upstream/', import.meta.url);

/** The titles in the sources, as patterns: what a template fills in may be anything. */
function titles(): RegExp[] {
  const read = (source: string, call: string) =>
    [...source.matchAll(new RegExp(`^ *${call}\\((?:'((?:[^'\\\\]|\\\\.)+)'|\`([^\`]+)\`)`, 'gm'))].map(
      ([, plain, filled]) => plain ?? filled!,
    );
  return readdirSync(FOLDER).flatMap(file => {
    const source = readFileSync(new URL(file, FOLDER), 'utf8');
    const [suite] = read(source, 'describe');
    return read(source, 'it').map(title => {
      const text = `${suite} > ${title}`.split(/\$\{(?:[^{}]|\{[^}]*\})*\}/).map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      return new RegExp(`^${text.join('.+')}$`);
    });
  });
}

describe('conformance/upstream-b.json', () => {
  it('names tests that exist', () => {
    const known = titles();
    const named = Object.values(MAPPING).flatMap(entry => (Array.isArray(entry) ? entry : []));
    assert.deepEqual(
      named.filter(title => !known.some(pattern => pattern.test(title))),
      [],
    );
  });

  it('says something about each of the 111', () => {
    const said = Object.values(MAPPING).filter(entry => (Array.isArray(entry) ? entry.length > 0 : entry.notCovered !== ''));
    assert.equal(said.length, 111);
  });
});
