import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {promisify} from 'node:util';
import {type Cluster, startCluster} from '../cluster/index.ts';
import {requireKubectl} from './support/kubectl.ts';

const execute = promisify(execFile);

/** A command of the README's tour and what it prints. */
interface Command {
  command: string;
  output: string;
}

describe('kubectl', () => {
  let cluster: Cluster;

  before(async function () {
    await requireKubectl(this);
    cluster = await startCluster();
    await cluster.settled();
  });

  after(() => cluster?.stop());

  it('does the tour of the README', async function () {
    this.timeout(60_000);
    for (const {command, output} of readTour()) {
      const {stdout, stderr} = await run(command, cluster.kubeconfigFile);
      assert.equal(normalize(stdout + stderr), normalize(output), command);
    }
  });
});

function run(command: string, kubeconfig: string): Promise<{stdout: string; stderr: string}> {
  return execute('sh', ['-c', command], {env: {...process.env, KUBECONFIG: kubeconfig}, timeout: 30_000});
}

/** The console block with commands in it: lines behind `$ `, each followed by its output. */
function readTour(): Command[] {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const block = /```console\n(\$ [\s\S]*?)```/.exec(text)![1]!;
  return block
    .split(/^\$ /m)
    .slice(1)
    .map(part => ({command: part.slice(0, part.indexOf('\n')), output: part.slice(part.indexOf('\n') + 1)}));
}

/** Without what differs from run to run: generated names, addresses, ages, widths of columns, how long a rollout was watched. */
const normalize = (text: string): string =>
  text
    .split('\n')
    .filter(line => !line.startsWith('Waiting for '))
    .map(line =>
      line
        .replace(/-[a-z0-9]{6,10}-[a-z0-9]{5}\b/g, '-<pod>')
        .replace(/\b\d+\.\d+\.\d+\.\d+\b/g, '<ip>')
        .replace(/\b\d+m?s\b/g, '<age>')
        .replace(/ from \w+ namespace$/, '')
        .replace(/ {2,}/g, '  ')
        .trimEnd(),
    )
    .join('\n')
    .trim();
