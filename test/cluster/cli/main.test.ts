import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {request} from 'node:https';
import {createServer} from 'node:net';
import {COMPILE_LESS} from '../../../cluster/cli/compiler.ts';
import {type Program, startProgram, whenServing} from '../../support/program.ts';

const ALONE = ['--port', '0', '--controllers', 'none', '--nodes', '0', '--token', 'admin'];

async function run(...args: string[]): Promise<{code: number | null; stdout: string; stderr: string}> {
  const program = startProgram(args);
  const code = await program.exit;
  return {code, stdout: program.stdout(), stderr: program.stderr()};
}

/** Opens a watch and resolves when its answer begins. */
const openWatch = (url: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = {Authorization: 'Bearer admin'};
    const watch = request(`${url}/api/v1/namespaces?watch=1`, {headers, rejectUnauthorized: false}, response => {
      response.on('error', () => {}).resume();
      resolve();
    });
    watch.on('error', reject).end();
  });

describe('cluster/cli', () => {
  const wrong: [string[], RegExp][] = [
    [[], /which command/],
    [['stat'], /unknown command 'stat'.*start/],
    [['start', '--prot', '1'], /unknown option '--prot'.*--port/],
    [['start', '--nodes', 'x'], /--nodes: "x" is not a whole number/],
    [['start', '--port'], /'--port <N>' argument missing/],
    [['start', 'extra'], /too many arguments/],
    [['start', '--controllers', 'deploymnt'], /"deploymnt" is not in the list of known controllers/],
    [['start', '--authorization-mode', 'Node', '--authorization-mode', 'Nobody'], /--authorization-mode: "Node,Nobody" must be some of/],
    [['start', '--oidc-issuer-url', 'https://x'], /--oidc-issuer-url and --oidc-client-id need each other/],
    [['run'], /missing required argument 'command'/],
  ];
  for (const [args, message] of wrong) {
    it(`answers ${JSON.stringify(args.join(' '))} with one line and exit code 2`, async () => {
      const {code, stdout, stderr} = await run(...args);
      assert.match(stderr, message);
      assert.match(stderr, /^kubedouble: [^\n]+\n$/);
      assert.equal(stdout, '');
      assert.equal(code, 2);
    });
  }

  it('is started by npm with the flags that have V8 compile less', () => {
    const {scripts} = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    assert.equal(scripts.start, `node ${COMPILE_LESS.join(' ')} dist/kubedouble.js start`);
  });

  it('prints help and exits with 0', async () => {
    const {code, stdout} = await run('start', '--help');
    assert.equal(code, 0);
    assert.match(stdout, /--service-cidr <CIDR>/);
  });

  it('answers a taken port with one line and exit code 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => taken.once('listening', resolve));
    const {port} = taken.address() as {port: number};
    try {
      const {code, stderr} = await run('start', '--port', String(port), '--controllers', 'none', '--nodes', '0');
      assert.equal(stderr, `kubedouble: port ${port} is taken\n`);
      assert.equal(code, 1);
    } finally {
      taken.close();
    }
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`stops within 2 s at ${signal}, with a watch open, whatever comes after`, async () => {
      const program: Program = startProgram(['start', ...ALONE]);
      const {url, kubeconfig} = await whenServing(program);
      assert.ok(existsSync(kubeconfig));
      await openWatch(url);
      const sent = performance.now();
      program.process.kill(signal);
      program.process.kill(signal);
      assert.equal(await program.exit, 0, program.stderr());
      assert.ok(performance.now() - sent < 2_000);
      assert.equal(existsSync(kubeconfig), false);
      assert.equal(program.stderr(), '');
    });
  }

  it('runs a command against a cluster of its own and exits with its code', async () => {
    const script = 'console.log(require("fs").readFileSync(process.env.KUBECONFIG, "utf8").length > 1000); process.exit(7)';
    const {code, stdout, stderr} = await run('run', ...ALONE, '--', process.execPath, '-e', script);
    assert.equal(stderr, '');
    assert.equal(stdout, 'true\n');
    assert.equal(code, 7);
  });

  it('says that a command is not there', async () => {
    const {code, stderr} = await run('run', ...ALONE, '--', 'no-such-command');
    assert.match(stderr, /^kubedouble: cannot run no-such-command: [^\n]+\n$/);
    assert.equal(code, 1);
  });
});
