import {isIP} from 'node:net';
import {AUTHORIZATION_MODES} from '../server/access/authorizer.ts';
import {admissionPluginNames, UNBUILT_PLUGINS} from '../server/admission/chain.ts';
import {ACCESS_OPTIONS, checkAccess} from './access-options.ts';
import {UsageError} from './errors.ts';
import type {Option} from './option.ts';
import {checkBoolean, listEntries, option, parsePath, parseText} from './option.ts';

/**
 * Every option of a cluster, once: `--http-port` on the command line is `KUBEDOUBLE_HTTP_PORT` in its environment and `httpPort`
 * in `startCluster`.
 */
export const OPTIONS = {
  port: option<number>({
    type: 'number',
    argument: 'N',
    description: 'port of the API server; 0: a free one (default: 6443, or a free one if that is taken)',
    parse: parseInteger,
    check: between(0, 65535),
  }),
  httpPort: option<number>({
    type: 'number',
    argument: 'N',
    description: 'also serve plain HTTP on this port, without authentication; 0: a free one',
    parse: parseInteger,
    check: between(0, 65535),
  }),
  bind: option<string>({
    type: 'string',
    argument: 'ADDR',
    description: 'address to listen on',
    default: '127.0.0.1',
    parse: parseText,
    check: value => (isIP(value) ? undefined : 'must be an IP address'),
  }),
  kubeconfig: option<string>({
    type: 'string',
    argument: 'FILE',
    description: 'where to write the kubeconfig (default: "kubeconfig" in the data folder)',
    parse: parsePath,
  }),
  dataDir: option<string>({
    type: 'string',
    argument: 'DIR',
    description: 'folder that keeps the data (default: a temporary one, removed at exit)',
    parse: parsePath,
  }),
  token: option<string>({
    type: 'string',
    argument: 'T',
    description: 'accept this bearer token as an administrator (group system:masters)',
    parse: parseText,
    check: value => (/^[\x21-\x7e]+$/.test(value) ? undefined : 'must be printable ASCII without spaces'),
  }),
  tokenAuthFile: option<string>({
    type: 'string',
    argument: 'FILE',
    description: 'accept the bearer tokens of this file, lines of token,user,uid,"group1,group2"',
    parse: parsePath,
  }),
  enableBootstrapTokenAuth: option<string>({
    type: 'string',
    argument: 'BOOLEAN',
    description: 'accept the tokens by which nodes join, Secrets of kube-system',
    default: 'false',
    parse: text => text,
    check: checkBoolean,
  }),
  serviceAccountIssuer: option<string>({
    type: 'string',
    argument: 'URL',
    description: 'who issues the tokens of service accounts',
    default: 'https://kubernetes.default.svc.cluster.local',
    parse: parseText,
  }),
  apiAudiences: option<string>({
    type: 'string',
    argument: 'LIST',
    description: 'for whom bearer tokens are accepted; none: the issuer of service account tokens',
    default: '',
    parse: parseText,
  }),
  authorizationMode: option<string>({
    type: 'string',
    argument: 'LIST',
    description: `who decides what is allowed, in order: ${AUTHORIZATION_MODES.join(', ')}`,
    default: 'Node,RBAC',
    parse: parseText,
    check: checkAuthorizationModes,
  }),
  ...ACCESS_OPTIONS,
  enableAdmissionPlugins: option<string>({
    type: 'string',
    argument: 'LIST',
    description: 'admission plugins to run besides the default ones',
    default: '',
    parse: text => text,
    check: checkAdmissionPlugins,
  }),
  disableAdmissionPlugins: option<string>({
    type: 'string',
    argument: 'LIST',
    description: 'default admission plugins not to run',
    default: '',
    parse: text => text,
    check: checkAdmissionPlugins,
  }),
  admissionControlConfigFile: option<string>({
    type: 'string',
    argument: 'FILE',
    description: 'AdmissionConfiguration with the defaults and exemptions of PodSecurity',
    parse: parsePath,
  }),
  nodes: option<number>({
    type: 'number',
    argument: 'N',
    description: 'how many simulated nodes to start with: node-1, node-2, …',
    default: 2,
    parse: parseInteger,
    check: between(0, 10_000),
  }),
  controllers: option<string>({
    type: 'string',
    argument: 'LIST',
    description: "names as in kube-controller-manager, plus scheduler and kubelet; '*': all, '-name': all but this one, none",
    default: '*',
    parse: text => text,
    check: checkControllers,
  }),
  serviceCidr: option<string>({
    type: 'string',
    argument: 'CIDR',
    description: 'addresses of Services',
    default: '10.96.0.0/16',
    parse: parseText,
    check: checkCidr,
  }),
  podCidr: option<string>({
    type: 'string',
    argument: 'CIDR',
    description: 'addresses of pods',
    default: '10.244.0.0/16',
    parse: parseText,
    check: checkCidr,
  }),
  imagePullFails: option<string>({
    type: 'string',
    argument: 'PATTERN',
    description: 'regular expression of images that cannot be pulled',
    default: ':does-not-exist$',
    parse: parseText,
    check: checkPattern,
  }),
  podProfile: option<string>({
    type: 'string',
    argument: 'PROFILE',
    description: 'how pods live: fast, realistic, chaos, or a file of KWOK Stages, which come before those of fast',
    default: 'fast',
    parse: text => (POD_PROFILES.includes(text) ? text : parsePath(text)),
  }),
  logLevel: option<LogLevel>({
    type: 'string',
    argument: 'LEVEL',
    description: 'trace, debug, info, warn, error or silent',
    default: 'warn',
    parse: text => text as LogLevel,
    check: value => (LOG_LEVELS.includes(value) ? undefined : `must be one of ${LOG_LEVELS.join(', ')}`),
  }),
};

/** The profiles that are built in: controllers/kubelet/profiles. */
const POD_PROFILES: readonly string[] = ['fast', 'realistic', 'chaos'];

/** From the most talkative to none. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

type Table = typeof OPTIONS;
export type OptionName = keyof Table;
type Value<Name extends OptionName> = Table[Name] extends Option<infer T> ? T : never;

/** The options of `startCluster`; what is left out has its default. */
export type ClusterOptions = {[Name in OptionName]?: Value<Name>};

type Optional = 'port' | 'httpPort' | 'kubeconfig' | 'dataDir' | 'token' | 'tokenAuthFile' | 'admissionControlConfigFile';
/** All options with their defaults filled in. */
export type Settings = {[Name in OptionName]: Name extends Optional ? Value<Name> | undefined : Value<Name>};

/** `--http-port` */
export const flagOf = (name: OptionName): string => `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;

/** `KUBEDOUBLE_HTTP_PORT` */
export const variableOf = (name: OptionName): string => `KUBEDOUBLE_${flagOf(name).slice(2).replaceAll('-', '_').toUpperCase()}`;

/** Options from flags and, where a flag was not given, from the environment. Throws UsageError. */
export function readOptions(
  flags: {readonly [name: string]: unknown},
  environment: {readonly [name: string]: string | undefined},
): ClusterOptions {
  const options: {[name: string]: unknown} = {};
  for (const name of optionNames()) {
    const flag = flags[name];
    const [source, text] = flag === undefined ? [variableOf(name), environment[variableOf(name)]] : [flagOf(name), String(flag)];
    if (text === undefined || (flag === undefined && text === '')) continue;
    options[name] = readOption(name, source, text);
  }
  return options;
}

/** Fills in defaults and checks what a program gave. Throws UsageError. */
export function completeOptions(options: ClusterOptions): Settings {
  const unknown = Object.keys(options).find(name => !Object.hasOwn(OPTIONS, name));
  if (unknown !== undefined) throw new UsageError(`there is no option ${unknown}`);
  const settings: {[name: string]: unknown} = {};
  for (const name of optionNames()) {
    const row: Option<unknown> = OPTIONS[name];
    const value = options[name] ?? row.default;
    if (value !== undefined) check(name, row, value);
    settings[name] = value;
  }
  const complaint = checkAccess(settings as Settings);
  if (complaint !== undefined) throw new UsageError(complaint);
  return settings as Settings;
}

export const optionNames = (): OptionName[] => Object.keys(OPTIONS) as OptionName[];

function readOption(name: OptionName, source: string, text: string): unknown {
  const row: Option<unknown> = OPTIONS[name];
  let value: unknown;
  try {
    value = row.parse(text);
  } catch (error) {
    throw new UsageError(`${source}: ${JSON.stringify(text)} ${(error as Error).message}`);
  }
  check(source, row, value);
  return value;
}

function check(source: string, row: Option<unknown>, value: unknown): void {
  const complaint = typeof value === row.type ? row.check?.(value) : `must be a ${row.type}`;
  if (complaint !== undefined) throw new UsageError(`${source}: ${JSON.stringify(value)} ${complaint}`);
}

function parseInteger(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new Error('is not a whole number');
  return Number(text);
}

function between(low: number, high: number): (value: number) => string | undefined {
  return value => (Number.isInteger(value) && value >= low && value <= high ? undefined : `must be a whole number from ${low} to ${high}`);
}

function checkCidr(value: string): string | undefined {
  const [address = '', bits = '', ...rest] = value.split('/');
  const version = isIP(address);
  const size = version === 4 ? 32 : 128;
  const valid = version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= size;
  return valid ? undefined : 'must be an address and a prefix length, such as 10.96.0.0/16';
}

function checkControllers(value: string): string | undefined {
  if (value === 'none') return undefined;
  const valid = value.split(',').every(name => name === '*' || /^-?[a-z0-9][a-z0-9-]*$/.test(name));
  return valid ? undefined : "must be names separated by commas, '*', '-name' or none";
}

function checkAuthorizationModes(value: string): string | undefined {
  const modes = listEntries(value);
  const known: readonly string[] = AUTHORIZATION_MODES;
  const valid = modes.length > 0 && new Set(modes).size === modes.length && modes.every(mode => known.includes(mode));
  return valid ? undefined : `must be some of ${known.join(', ')}, each once`;
}

function checkAdmissionPlugins(value: string): string | undefined {
  const names = admissionPluginNames();
  const unknown = listEntries(value).find(name => !names.includes(name));
  if (unknown !== undefined && UNBUILT_PLUGINS.includes(unknown)) return `names ${unknown}, which is not implemented`;
  return unknown === undefined ? undefined : `names ${unknown}, which is not among ${names.join(', ')}`;
}

function checkPattern(value: string): string | undefined {
  try {
    new RegExp(value);
    return undefined;
  } catch {
    return 'is not a regular expression';
  }
}
