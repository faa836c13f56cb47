import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

/** Skips the tests of a hook, aloud, where there is no kubectl; on CI there has to be one. */
export async function requireKubectl(hook: Mocha.Context): Promise<void> {
  try {
    await promisify(execFile)('kubectl', ['version', '--client']);
  } catch {
    if (process.env.CI === 'true') throw new Error('there is no kubectl on the path');
    console.log('    no kubectl on the path: SKIPPING');
    hook.skip();
  }
}
