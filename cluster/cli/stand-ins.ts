import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {loadFacts} from '../../openapi/facts.ts';
import {explain, StartError} from '../errors.ts';
import {flagOf, OPTIONS, type OptionName, optionNames} from '../options.ts';
import {stopSignal} from './lifetime.ts';
import {start} from './start.ts';

/** Programs that others start by their own names and with their own flags; each resolves with the exit code. */
export const STAND_INS: {readonly [program: string]: (args: readonly string[]) => Promise<number>} = {
  'kube-apiserver': kubeApiserver,
  etcd,
};

/** Flags of kube-apiserver that have another name here. */
const RENAMED: {readonly [flag: string]: OptionName} = {
  'secure-port': 'port',
  'bind-address': 'bind',
  'service-cluster-ip-range': 'serviceCidr',
};

/**
 * An API server alone, as envtest wants it; controllers and nodes come by KUBEDOUBLE_CONTROLLERS and KUBEDOUBLE_NODES. What kube-apiserver
 * knows and this server does not is named and passed over.
 */
async function kubeApiserver(args: readonly string[]): Promise<number> {
  const given = readGoFlags(args);
  if (given.has('help')) return say(`Usage:\n  kube-apiserver [flags]\n\nFlags:\n${knownFlags()}`);
  if (given.has('version')) return say(`Kubernetes ${loadFacts().serverVersion.gitVersion}`);
  const flags: {[option: string]: string} = servingCertificate(given.get('cert-dir')?.at(-1));
  const ignored: string[] = [];
  for (const [flag, values] of given) {
    if (flag === 'cert-dir') continue;
    const option = optionOf(flag);
    if (option === undefined) ignored.push(`--${flag}`);
    else flags[option] = /^(LIST|FILES)$/.test(OPTIONS[option].argument) ? values.join(',') : values.at(-1)!;
  }
  if (ignored.length > 0) process.stderr.write(`kubedouble: without effect here: ${ignored.join(' ')}\n`);
  return start(flags, {KUBEDOUBLE_CONTROLLERS: 'none', KUBEDOUBLE_NODES: '0', ...process.env});
}

const optionOf = (flag: string): OptionName | undefined => RENAMED[flag] ?? optionNames().find(name => flagOf(name) === `--${flag}`);

const knownFlags = (): string =>
  [...Object.keys(RENAMED).map(flag => `--${flag}`), ...optionNames().map(flagOf)].map(flag => `      ${flag}`).join('\n');

/** Of the folder where kube-apiserver would look for its certificate. */
function servingCertificate(folder: string | undefined): {[option: string]: string} {
  if (folder === undefined) return {};
  const [tlsCertFile, tlsPrivateKeyFile] = [join(folder, 'apiserver.crt'), join(folder, 'apiserver.key')];
  return existsSync(tlsCertFile) && existsSync(tlsPrivateKeyFile) ? {tlsCertFile, tlsPrivateKeyFile} : {};
}

/** Says that it is well, and stores nothing: the API server keeps its data itself. */
async function etcd(args: readonly string[]): Promise<number> {
  const given = readGoFlags(args);
  if (given.has('help')) return say('Usage:\n\n  etcd [flags]\n\n  --listen-client-urls');
  const stopped = stopSignal();
  const url = given.get('listen-client-urls')?.at(-1)?.split(',')[0] ?? 'http://127.0.0.1:2379';
  const server = createServer((_request, response) => response.setHeader('Content-Type', 'application/json').end('{"health":"true"}'));
  try {
    const {hostname, port} = new URL(url);
    await once(server.listen(Number(port), hostname), 'listening');
  } catch (error) {
    throw new StartError(`cannot listen at ${url}: ${explain(error)}`, error);
  }
  await stopped;
  server.closeAllConnections();
  server.close();
  return 0;
}

/** `--name=value`, `--name value`, and `--name` for true, each any number of times. */
function readGoFlags(args: readonly string[]): Map<string, string[]> {
  const flags = new Map<string, string[]>();
  for (let index = 0; index < args.length; index++) {
    const [, name, value] = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(args[index]!) ?? [];
    if (name === undefined) continue;
    const next = args[index + 1];
    const follows = value === undefined && next !== undefined && !next.startsWith('-');
    flags.set(name, [...(flags.get(name) ?? []), value ?? (follows ? next : 'true')]);
    if (follows) index++;
  }
  return flags;
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
