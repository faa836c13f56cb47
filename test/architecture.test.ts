import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {loadFacts} from '../openapi/facts.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROGRAM = ['cluster', 'server', 'controllers', 'wire', 'openapi'];

/** A source file: its path from the root, its text without comments, the project's files whose code it needs (types are no code). */
interface Source {
  path: string;
  text: string;
  imports: string[];
}

const sources: Source[] = PROGRAM.flatMap(folder =>
  readdirSync(join(ROOT, folder), {recursive: true, encoding: 'utf8'})
    .filter(file => file.endsWith('.ts'))
    .map(file => readSource(join(folder, file))),
).sort((a, b) => (a.path < b.path ? -1 : 1));

/**
 * Who may import whom: each layer those before it, and of its own layer only its own room. A path belongs to the longest prefix
 * that fits.
 */
const LAYERS: string[][] = [
  ['server/api'],
  ['wire', 'server/patch', 'server/schema', 'openapi'],
  ['server/resources'],
  ['server/encode'],
  ['server/storage'],
  ['server/access', 'server/admission', 'server/extensions'],
  ['server/request'],
  ['server/verbs', 'server/subresources', 'server/pods', 'server/discovery'],
  ['server/transport', 'server'],
  ['cluster'],
];
const CONTROLLERS_MAY_IMPORT = ['controllers', 'server/api', 'wire', 'server/schema/cel'];

describe('architecture', () => {
  it('keeps every file to the layers below it', () => {
    const rooms = LAYERS.flatMap((layer, height) => layer.map(room => ({room, height})));
    const roomOf = (path: string) =>
      rooms.filter(({room}) => isWithin(path, room)).sort((a, b) => b.room.length - a.room.length)[0] ??
      assert.fail(`no layer holds ${path}`);
    const broken = everyImport(source => !isWithin(source.path, 'controllers'))
      .filter(({to}) => !isWithin(to, 'controllers'))
      .filter(({from, to}) => {
        const [importer, imported] = [roomOf(from), roomOf(to)];
        const sameLayer = importer.height === imported.height;
        return sameLayer ? !mayShare(importer.room, imported.room) : imported.height > importer.height;
      });
    assert.deepEqual(broken.map(formatImport), []);
  });

  it('lets only the cluster know controllers, and controllers only the API', () => {
    const broken = everyImport(() => true).filter(({from, to}) => {
      if (isWithin(from, 'controllers')) return !CONTROLLERS_MAY_IMPORT.some(room => isWithin(to, room));
      return isWithin(to, 'controllers') && !isWithin(from, 'cluster');
    });
    assert.deepEqual(broken.map(formatImport), []);
  });

  it('has no import cycles', () => {
    assert.deepEqual(findCycles(), []);
  });

  it('leaves time and chance to the cluster', () => {
    const forbidden =
      /\bDate\.now\b|\bnew Date\(\s*\)|(?<![.\w])(?:setTimeout|setInterval)\b(?!:)|\bMath\.random\b|\brandom(?:UUID|Bytes|FillSync|Int)\b|\bAbortSignal\.timeout\b|timers\/promises/g;
    const broken = sources
      .filter(({path}) => !['cluster/clock.ts', 'cluster/random.ts'].includes(path))
      .flatMap(({path, text}) => [...text.matchAll(forbidden)].map(([word]) => `${path}: ${word}`));
    assert.deepEqual(broken, []);
  });

  it('keeps no state in modules', () => {
    const broken = sources.flatMap(({path, text}) =>
      [...text.matchAll(/^(?:export )?(?:let|var) \w+/gm)].map(([line]) => `${path}: ${line}`),
    );
    assert.deepEqual(broken, []);
  });

  it('names no kind in the verbs', () => {
    // What every verb deals in: its own options and answers, not stored kinds.
    const own = new Set(['Status', 'Table', 'DeleteOptions', 'Scale']);
    const kinds = new Set(loadFacts().discovery.flatMap(({resources}) => resources.map(({kind}) => kind)));
    const broken = sources
      .filter(({path}) => isWithin(path, 'server/verbs'))
      .flatMap(({path, text}) => [...text.matchAll(/['"`]([A-Z][A-Za-z]+)['"`]/g)].map(([, word]) => ({path, word: word!})))
      .filter(({word}) => kinds.has(word) && !own.has(word));
    assert.deepEqual(
      broken.map(({path, word}) => `${path}: ${word}`),
      [],
    );
  });
});

function readSource(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
  const code = text.replace(/^(?:import|export) type [^;]*;/gm, '');
  const specifiers = [...code.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, specifier]) => specifier!);
  return {path, text, imports: specifiers.map(specifier => relative(ROOT, join(ROOT, dirname(path), specifier)))};
}

const isWithin = (path: string, room: string): boolean => path === room || path.startsWith(`${room}/`);

/** Rooms of one layer stand apart, but a pipeline and its transport are one. */
const mayShare = (importer: string, imported: string): boolean =>
  importer === imported || TOGETHER.every(set => set.has(importer) === set.has(imported));

const TOGETHER = [
  new Set(['server/transport', 'server']),
  new Set(['server/verbs', 'server/subresources', 'server/pods', 'server/discovery']),
  new Set(['server/access', 'server/admission', 'server/extensions']),
  new Set(['wire', 'server/patch', 'server/schema', 'openapi']),
];

const everyImport = (test: (source: Source) => boolean): {from: string; to: string}[] =>
  sources.filter(test).flatMap(({path, imports}) => imports.map(to => ({from: path, to})));

const formatImport = ({from, to}: {from: string; to: string}): string => `${from} imports ${to}`;

/** Each cycle once, as the path around it. */
function findCycles(): string[] {
  const byPath = new Map(sources.map(source => [source.path, source]));
  const [done, cycles] = [new Set<string>(), new Set<string>()];
  const visit = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      cycles.add([...trail.slice(start), path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const next of byPath.get(path)?.imports ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const {path} of sources) visit(path, []);
  return [...cycles];
}
