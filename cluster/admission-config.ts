import {readFileSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import {load} from 'js-yaml';
import type {Level, LevelVersion, Mode} from '../server/admission/pod-security/policy.ts';
import {LEVELS, MODES, parseVersion} from '../server/admission/pod-security/policy.ts';
import type {PodSecurityConfig} from '../server/admission/pod-security.ts';
import {isObject, type JsonObject} from '../server/api/json.ts';
import {explain, StartError} from './errors.ts';

/**
 * What a file says of admission plugins, as `--admission-control-config-file` of kube-apiserver takes it (apiserver.config.k8s.io/v1
 * AdmissionConfiguration). Only PodSecurity takes configuration. Throws StartError.
 */
export function readAdmissionConfig(file: string): {podSecurity?: PodSecurityConfig} {
  try {
    const {plugins} = readYaml(file, 'AdmissionConfiguration');
    const listed = (Array.isArray(plugins) ? plugins : []).filter(isObject);
    const other = listed.find(({name}) => name !== 'PodSecurity');
    if (other) throw new Error(`it configures ${String(other.name)}, which takes no configuration here`);
    const [own] = listed;
    if (!own) return {};
    const path = typeof own.path === 'string' && own.path !== '' ? resolve(dirname(file), own.path) : undefined;
    const configuration = path === undefined ? own.configuration : readYaml(path, 'PodSecurityConfiguration');
    return {podSecurity: podSecurityConfig(isObject(configuration) ? configuration : {})};
  } catch (error) {
    throw new StartError(`cannot use ${file}: ${explain(error)}`, error);
  }
}

function readYaml(file: string, kind: string): JsonObject {
  const document: unknown = load(readFileSync(file, 'utf8'));
  if (!isObject(document) || document.kind !== kind) throw new Error(`it holds no ${kind}`);
  return document;
}

function podSecurityConfig({defaults, exemptions}: JsonObject): PodSecurityConfig {
  const [levels, exempt] = [isObject(defaults) ? defaults : {}, isObject(exemptions) ? exemptions : {}];
  const of = (mode: Mode): [Mode, LevelVersion] => {
    const [level, version] = [levels[mode] ?? 'privileged', levels[`${mode}-version`] ?? 'latest'];
    const parsed = parseVersion(String(version));
    if (!LEVELS.includes(level as Level)) throw new Error(`defaults.${mode} must be one of ${LEVELS.join(', ')}`);
    if (parsed === undefined) throw new Error(`defaults.${mode}-version must be "latest" or "v1.x"`);
    return [mode, {level: level as Level, version: parsed}];
  };
  const names = (field: string): string[] => (Array.isArray(exempt[field]) ? exempt[field].map(String) : []);
  return {
    defaults: Object.fromEntries(MODES.map(of)) as PodSecurityConfig['defaults'],
    exemptions: {usernames: names('usernames'), runtimeClasses: names('runtimeClasses'), namespaces: names('namespaces')},
  };
}
