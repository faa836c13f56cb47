import {readFileSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import {load} from 'js-yaml';
import type {HttpsClientOptions} from './https-client.ts';

interface Kubeconfig {
  'current-context'?: string;
  contexts?: {name: string; context: {cluster: string; user?: string}}[];
  clusters?: {name: string; cluster: {[field: string]: unknown}}[];
  users?: {name: string; user?: {[field: string]: unknown}}[];
}

/** How to reach the current context of a kubeconfig file. Throws with one line that says what is wrong; `exec` plugins are not run. */
export function readKubeconfig(file: string): HttpsClientOptions {
  const config = (load(readFileSync(file, 'utf8')) ?? {}) as Kubeconfig;
  const current = config['current-context'];
  const context = config.contexts?.find(({name}) => name === current)?.context;
  if (!context) throw new Error(`${file} has no current context`);
  const cluster = config.clusters?.find(({name}) => name === context.cluster)?.cluster;
  const user = config.users?.find(({name}) => name === context.user)?.user ?? {};
  if (typeof cluster?.server !== 'string') throw new Error(`${file} does not say where cluster ${JSON.stringify(context.cluster)} is`);
  if (user.exec || user['auth-provider']) throw new Error(`${file} wants a plugin to authenticate, which is not supported`);

  if (cluster['proxy-url']) throw new Error(`${file} wants a proxy, which is not supported`);

  const text = (of: {[field: string]: unknown}, name: string): string | undefined => {
    const data = of[`${name}-data`];
    if (typeof data === 'string') return Buffer.from(data, 'base64').toString();
    const path = of[name];
    return typeof path === 'string' ? readFileSync(resolve(dirname(file), path), 'utf8') : undefined;
  };
  const tokenFile = typeof user.tokenFile === 'string' ? readFileSync(resolve(dirname(file), user.tokenFile), 'utf8').trim() : undefined;
  const token = typeof user.token === 'string' ? user.token : tokenFile;
  const [ca, cert, key] = [text(cluster, 'certificate-authority'), text(user, 'client-certificate'), text(user, 'client-key')];
  const {username, password = ''} = user;
  const basic = typeof username === 'string' ? Buffer.from(`${username}:${password}`).toString('base64') : undefined;
  const serverName = cluster['tls-server-name'];
  return {
    server: cluster.server,
    ...(ca && {ca}),
    ...(cert && {cert}),
    ...(key && {key}),
    ...(token && {token}),
    ...(cluster['insecure-skip-tls-verify'] === true && {insecureSkipVerify: true}),
    ...(typeof serverName === 'string' && serverName !== '' && {serverName}),
    ...(basic !== undefined && {headers: {Authorization: `Basic ${basic}`}}),
  };
}
