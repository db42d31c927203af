import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const FILLER = new URL('../fixtures/fill-disk.ts', import.meta.url).pathname;

/** A disk of its own in a mount namespace of its own: it is gone with the process. */
const inSmallDisk = (directory: string, command: string) =>
  execa('unshare', ['-Urm', 'sh', '-c', `mount -t tmpfs -o size=128k small '${directory}' && ${command}`], {
    reject: false,
  });

const probe = await inSmallDisk('/mnt', 'true').catch(() => null);
const mayMount = probe?.exitCode === 0;
if (!mayMount)
  console.log(
    `Skipped: a full disk, as this system mounts none for tests (${probe?.stderr ?? 'no unshare'})`,
  );

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vadeio-full-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test.skipIf(!mayMount)(
  'a full disk is a sentence, loses nothing that was kept, and is survived',
  async () => {
    const { stdout, stderr } = await inSmallDisk(
      directory,
      `'${process.execPath}' '${FILLER}' '${directory}'`,
    );
    expect(stderr).toBe('');
    const said = JSON.parse(stdout);
    expect(said.kept).toBeGreaterThan(10);
    expect(said.read).toBe(said.kept + 1);
    expect(said.journalWords).toMatch(/^Could not write the journal .*: the disk is full\. Free some space/);
    expect(said.settingsWords).toMatch(/^Could not write .*settings\.json: the disk is full/);
    expect(said.settings).toBe('old');
  },
);
