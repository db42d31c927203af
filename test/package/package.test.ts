import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSource } from '../sources/make-source.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Fetching node-av's engine and unpacking it takes its time on a slow line; what was fetched before is not again. */
const INSTALL_MS = 5 * 60_000;

let folder: string;
let tarball: string;
let files: readonly { readonly path: string; readonly size: number }[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vadeio-package-'));
  // Packs what is built: building anew would pull the compiled code away under other tests.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [packed] = JSON.parse((await execa('npm', pack, { cwd: ROOT })).stdout);
  tarball = join(folder, packed.filename);
  files = packed.files;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the package holds compiled code, its bin, the readme and the licence, and nothing else', () => {
  const odd = files.filter(
    ({ path }) =>
      !/^(bin\/vadeio-node\.js|dist\/(src|node)\/.*\.js|package\.json|README\.md|LICENSE)$/.test(path),
  );
  expect(odd.map(({ path }) => path)).toEqual([]);
  const paths = files.map(({ path }) => path);
  expect(paths).toContain('dist/node/cli.js');
  expect(paths).toContain('dist/node/engine/main.js');
  expect(paths).toContain('dist/src/container/carry.js');
  expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(2_000_000);
});

test(
  'installed in a clean folder it runs, and encodes',
  async () => {
    const prefix = join(folder, 'prefix');
    const install = ['install', tarball, '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund'];
    await execa('npm', install, { cwd: folder });
    const program = join(prefix, 'node_modules', '.bin', 'vadeio-node');
    const version = await execa(program, ['version'], { cwd: folder });
    expect(version.stdout).toMatch(/^vadeio-node \d+\.\d+\.\d+ /);
    const source = await makeSource('h264-closed-mp4', folder);
    const output = join(folder, 'output.webm');
    const flags = ['-o', output, '--preset', '12', '--state-dir', join(folder, 'state')];
    const alone = ['--no-mdns', '--listen', '127.0.0.1', '--port', '0', '--slots', '1'];
    const submit = await execa(program, ['submit', source.path, ...flags, ...alone], { cwd: folder });
    expect(submit.stdout).toMatch(/^Done: .*output\.webm/);
    expect((await stat(output)).size).toBeGreaterThan(1000);
  },
  INSTALL_MS,
);

test('an old Node.js gets a sentence before anything is loaded', async () => {
  const old = "Object.defineProperty(process.versions, 'node', { value: '12.22.0' })";
  const { exitCode, stderr } = await execa(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(old)}`,
      join(ROOT, 'bin', 'vadeio-node.js'),
      'version',
    ],
    { reject: false },
  );
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringMatching(/needs Node\.js 22\.12 or newer; this is 12\.22\.0/),
  ]);
});
