import {createPrivateKey, generateKeyPair, type KeyObject} from 'node:crypto';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';

const generate = promisify(generateKeyPair);

/**
 * The key that signs tokens of service accounts, kept in a folder as `sa.key` (mode 0600) so that tokens survive a restart. Making one
 * takes some 100 ms, which is why it is made when somebody first needs it. Rejects with what the file system throws.
 */
export async function loadServiceAccountKey(folder: string): Promise<KeyObject> {
  const file = join(folder, 'sa.key');
  if (existsSync(file)) return createPrivateKey(readFileSync(file, 'utf8'));
  const {privateKey} = await generate('rsa', {modulusLength: 2048});
  writeFileSync(file, privateKey.export({type: 'pkcs8', format: 'pem'}), {mode: 0o600});
  return privateKey;
}
