import {readFileSync} from 'node:fs';
import type {Identity} from '../server/api/client.ts';
import {explain, StartError} from './errors.ts';

/**
 * Bearer tokens and whose they are, from a file of lines `token,user,uid,"group1,group2"` as `--token-auth-file` of kube-apiserver takes it;
 * the groups may be left out. Throws StartError.
 */
export function readTokenFile(file: string): ReadonlyMap<string, Identity> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartError(`cannot read the token file ${file}: ${explain(error)}`, error);
  }
  const tokens = new Map<string, Identity>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [token = '', name = '', uid = '', groups = ''] = columns(line);
    // The line itself stays out of messages: it holds a secret.
    if (token === '' || name === '') throw new StartError(`${file}:${index + 1}: a line needs a token, a user name and a uid`);
    tokens.set(token, {name, ...(uid && {uid}), groups: groups === '' ? [] : groups.split(',').map(group => group.trim())});
  }
  return tokens;
}

/** The columns of a line of comma-separated values; quotes may hold commas and, doubled, quotes. */
const columns = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!.trim());
