import {writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import type {KeyPair} from './certificates.ts';
import {makeFolder} from './folder.ts';

export interface KubeconfigOptions {
  /** `https://127.0.0.1:6443` */
  url: string;
  /** PEM of the authority that signed the server's certificate; without it the server is reached over plain HTTP. */
  ca: string;
  /** The user's client certificate. */
  client: KeyPair;
}

/**
 * A kubeconfig with everything embedded. It is written as JSON, which is YAML too and needs no library; every client reads it
 * (clientcmd api v1 Config).
 */
export function formatKubeconfig({url, ca, client}: KubeconfigOptions): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{name: NAME, cluster: {server: url, 'certificate-authority-data': base64(ca)}}],
    users: [{name: USER, user: {'client-certificate-data': base64(client.certificate), 'client-key-data': base64(client.key)}}],
    contexts: [{name: NAME, context: {cluster: NAME, user: USER}}],
    'current-context': NAME,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Writes a kubeconfig that only its owner can read, and the folders above it. Throws what the file system throws. */
export function writeKubeconfig(file: string, text: string): void {
  makeFolder(dirname(file));
  writeFileSync(file, text, {mode: 0o600});
}

const NAME = 'kubedouble';
const USER = 'kubedouble-admin';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
