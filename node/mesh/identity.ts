import { readFile } from 'node:fs/promises';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { PrivateKey } from '@libp2p/interface';
import { sentenceOf } from '../sentence.ts';
import { replaceFile } from '../storage/write-file.ts';

/** Only its owner may read it: who has the key is this peer. */
const KEY_FILE_MODE = 0o600;

/**
 * The Ed25519 key that makes this daemon the same peer after a restart, made at the first start.
 * Throws a sentence when the file cannot be read or is not a key.
 */
export async function loadOrCreateIdentity(path: string): Promise<PrivateKey> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new Error(`The identity key ${path} cannot be read: ${sentenceOf(error)}`);
    }
    return await createIdentity(path);
  }
  try {
    const key = privateKeyFromProtobuf(Buffer.from(text.trim(), 'base64'));
    if (key.type !== 'Ed25519') throw new Error(`it is a ${key.type} key, not Ed25519`);
    return key;
  } catch (error) {
    throw new Error(
      `The identity key ${path} is damaged (${sentenceOf(error)}). Delete it; the daemon then makes a new one and is a new peer to the others`,
    );
  }
}

async function createIdentity(path: string): Promise<PrivateKey> {
  const key = await generateKeyPair('Ed25519');
  await replaceFile(path, `${Buffer.from(privateKeyToProtobuf(key)).toString('base64')}\n`, KEY_FILE_MODE);
  return key;
}
