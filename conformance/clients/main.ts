/** `npm run clients`: lets real clients work on a cluster. Those whose tools are not on the machine are skipped by name. */
import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {startCluster} from '../../cluster/index.ts';

interface ClientProgram {
  name: string;
  /** Exits with 0 if the program can run here. */
  probe: [command: string, ...args: string[]];
  run: [command: string, ...args: string[]];
  folder?: string;
}

const HERE = fileURLToPath(new URL('.', import.meta.url));
const GO = `${HERE}go`;
/** The built program, for those who start it themselves. */
const KUBEDOUBLE = fileURLToPath(new URL('../../dist/kubedouble.js', import.meta.url));
const PYTHON = process.env.PYTHON ?? 'python3';

const JAVA = `${HERE}java`;

const java = (program: string): ClientProgram['run'] => [
  'mvn',
  '-q',
  '-B',
  'compile',
  'exec:exec',
  '-Dexec.executable=java',
  `-Dexec.args=-cp %classpath ${program}`,
];

/** All that is needed to build a program can be had. */
const goProbe = (program: string): ClientProgram['probe'] => ['go', 'list', '-deps', `./${program}`];

const PROGRAMS: readonly ClientProgram[] = [
  {name: 'client-node', probe: [process.execPath, '--version'], run: [process.execPath, 'informer.mjs']},
  {name: 'python', probe: [PYTHON, '-c', 'import kubernetes'], run: [PYTHON, 'watch_deployment.py']},
  {name: 'go, JSON', probe: goProbe('typed'), run: ['go', 'run', './typed'], folder: GO},
  {name: 'go, protobuf', probe: goProbe('typed'), run: ['go', 'run', './typed', '-protobuf'], folder: GO},
  {name: 'go, machinery', probe: goProbe('machinery'), run: ['go', 'run', './machinery'], folder: GO},
  {name: 'envtest', probe: goProbe('envtest'), run: ['go', 'run', './envtest'], folder: GO},
  {name: 'controller-runtime operator', probe: goProbe('operator'), run: ['go', 'run', './operator'], folder: GO},
  {name: 'client-node operator', probe: ['openssl', 'version'], run: [process.execPath, 'operator.mjs']},
  {name: 'kopf operator', probe: [PYTHON, '-c', 'import kopf, kubernetes'], run: [PYTHON, 'operator_kopf.py']},
  {name: 'helm', probe: [process.env.HELM ?? 'helm', 'version'], run: [process.execPath, 'helm.mjs']},
  {name: 'fabric8', probe: ['mvn', '-v'], run: java('Fabric8'), folder: JAVA},
  {name: 'client-java', probe: ['mvn', '-v'], run: java('Official'), folder: JAVA},
  {name: 'kube-rs', probe: ['cargo', '--version'], run: ['cargo', 'run', '-q'], folder: `${HERE}rust`},
];

let failed = 0;
for (const {name, probe, run, folder = HERE} of PROGRAMS) {
  if ((await execute(probe, folder, process.env, 'ignore')) !== 0) {
    console.log(`skipped ${name}: cannot run ${probe.join(' ')}`);
    continue;
  }
  await using cluster = await startCluster();
  const code = await execute(run, folder, {...process.env, KUBECONFIG: cluster.kubeconfigFile, KUBEDOUBLE}, 'inherit');
  console.log(`${code === 0 ? 'passed' : 'FAILED'} ${name}`);
  if (code !== 0) failed++;
}
process.exitCode = failed === 0 ? 0 : 1;

/** Resolves with the exit code; 127 if the command is not there. */
function execute([command, ...args]: string[], cwd: string, env: NodeJS.ProcessEnv, stdio: 'ignore' | 'inherit'): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(command!, args, {cwd, env, stdio});
    child.on('error', () => resolve(127));
    child.on('exit', code => resolve(code ?? 1));
  });
}
