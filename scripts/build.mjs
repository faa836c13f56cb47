/**
 * Builds dist/: the program and the library as few bundled files (a cluster starts in half a second; loading a few hundred modules
 * one by one would take a good part of it), type declarations, and the data they read.
 */
import {execFileSync} from 'node:child_process';
import {cpSync, existsSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, relative, sep} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {build} from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** Libraries with parts in machine code, with threads of their own, or loaded on occasion only. */
const UNBUNDLED = ['lmdb', 'pino', '@peculiar/x509', 'reflect-metadata', 'bufferutil', 'utf-8-validate'];

/** A module that reads files beside it finds them in dist/ under the path that they have in the sources. */
const keepModuleUrls = {
  name: 'keep-module-urls',
  setup({onLoad}) {
    onLoad({filter: /\.ts$/}, ({path}) => {
      const source = readFileSync(path, 'utf8');
      const file = relative(root, path);
      if (file.startsWith('..') || file.startsWith('node_modules') || file.startsWith(join('cluster', 'cli'))) return undefined;
      if (!source.includes('import.meta.url')) return undefined;
      const url = `new URL(${JSON.stringify(`./${file.split(sep).join('/')}`)}, import.meta.url).href`;
      return {contents: source.replaceAll('import.meta.url', url), loader: 'ts'};
    });
  },
};

rmSync(dist, {recursive: true, force: true});
await bundle();
declareTypes();
copyData();
const descriptions = join(root, 'scripts', 'descriptions.mjs');
if (existsSync(descriptions)) await import(pathToFileURL(descriptions).href);

async function bundle() {
  await build({
    absWorkingDir: root,
    entryPoints: {kubedouble: 'cluster/cli/main.ts', index: 'cluster/index.ts'},
    outdir: dist,
    // All files lie side by side, so that import.meta.url means the same folder in each of them.
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: UNBUNDLED,
    // What libraries in CommonJS ask for of Node itself.
    banner: {js: "import {createRequire as requireOf} from 'node:module'; const require = requireOf(import.meta.url);"},
    legalComments: 'eof',
    minifySyntax: true,
    minifyWhitespace: true,
    plugins: [keepModuleUrls],
    logLevel: 'warning',
  });
}

/** Without checking: that is `npm run check`. */
function declareTypes() {
  const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
  const {bin} = JSON.parse(readFileSync(compiler, 'utf8'));
  const flags = ['--noCheck', '--emitDeclarationOnly', '--outDir', join(dist, 'types'), '--project', 'tsconfig.build.json'];
  execFileSync(process.execPath, [join(dirname(compiler), bin.tsc), ...flags], {cwd: root, stdio: 'inherit'});
}

function copyData() {
  const folders = readdirSync(join(root, 'openapi'), {withFileTypes: true}).filter(entry => entry.isDirectory());
  for (const {name} of folders) cpSync(join(root, 'openapi', name), join(dist, 'openapi', name), {recursive: true});
  const profiles = join('controllers', 'kubelet', 'profiles');
  if (existsSync(join(root, profiles))) {
    cpSync(join(root, profiles), join(dist, profiles), {recursive: true, filter: file => !file.endsWith('.ts')});
  }
}
