import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This package's version. */
export function ownVersion(): Promise<string> {
  return versionAbove(import.meta.url);
}

/** Version of the package that holds FFmpeg and the encoders. */
export function enginesVersion(): Promise<string> {
  return versionAbove(import.meta.resolve('node-av'));
}

/** From the nearest package.json above: in a checkout and in an installed package alike. */
async function versionAbove(url: string): Promise<string> {
  let folder = dirname(fileURLToPath(url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  return version;
}
