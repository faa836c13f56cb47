import {accessSync, chmodSync, constants, realpathSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {delimiter, join, resolve} from 'node:path';
import {attempt} from '../errors.ts';
import {makeFolder} from '../folder.ts';
import {COMPILE_LESS} from './compiler.ts';
import {quote} from './shell.ts';

/** What controller-runtime's envtest looks for in the folder KUBEBUILDER_ASSETS; a test that wants kubectl as well finds the one of the PATH. */
const STAND_INS = ['etcd', 'kube-apiserver'];

/** `kubedouble envtest DIR`: writes stand-ins for the binaries of envtest, and says how to use them; resolves with the exit code. */
export function envtest(folder: string): number {
  const path = resolve(folder);
  attempt(`cannot write to ${path}`, () => {
    makeFolder(path);
    for (const name of STAND_INS) writeScript(join(path, name), name);
    linkKubectl(path);
  });
  process.stdout.write(`export KUBEBUILDER_ASSETS=${quote(path)}\n`);
  return 0;
}

function writeScript(file: string, command: string): void {
  const words = [process.execPath, ...COMPILE_LESS, realpathSync(process.argv[1]!), command];
  writeFileSync(file, `#!/bin/sh\nexec ${words.map(quote).join(' ')} "$@"\n`);
  chmodSync(file, 0o755);
}

function linkKubectl(folder: string): void {
  const link = join(folder, 'kubectl');
  const folders = (process.env.PATH ?? '').split(delimiter).filter(each => each !== '' && resolve(each) !== folder);
  const found = folders.map(each => join(each, 'kubectl')).find(isExecutable);
  rmSync(link, {force: true});
  if (found !== undefined) symlinkSync(found, link);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
