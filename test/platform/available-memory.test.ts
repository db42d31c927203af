import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { availableMemory } from '../../node/platform/available-memory.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vadeio-memory-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A machine with 8,000 kB available whose kernel shows these files. */
async function availableWith(
  name: string,
  ownGroups: string,
  groups: Record<string, string>,
): Promise<number> {
  const top = join(folder, name);
  const files = { meminfo: 'MemTotal:  9000 kB\nMemAvailable:  8000 kB\n', ownGroups, ...groups };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(top, path)), { recursive: true });
    await writeFile(join(top, path), text);
  }
  return availableMemory({
    meminfo: join(top, 'meminfo'),
    ownGroups: join(top, 'ownGroups'),
    groups: join(top, 'groups'),
  });
}

test('without a limit it is what the machine has', async () => {
  const free = { 'groups/a/memory.max': 'max\n', 'groups/a/memory.current': '5000000\n' };
  expect(await availableWith('free', '0::/a\n', free)).toBe(8_192_000);
  expect(await availableWith('bare', '', {})).toBe(8_192_000);
});

test('in a container or a service it is what that has left, files that were only read not counted', async () => {
  const service = {
    'groups/a/memory.max': '3000000\n',
    'groups/a/memory.current': '2900000\n',
    'groups/a/memory.stat': 'anon 900000\nfile 2000000\ninactive_file 1900000\nactive_file 100000\n',
    'groups/a/b/memory.max': 'max\n',
    'groups/a/b/memory.current': '2900000\n',
  };
  expect(await availableWith('service', '0::/a/b\n', service)).toBe(2_000_000);
});

test('in a container of the kernel’s first version, too, whose path is the host’s', async () => {
  const container = {
    'groups/memory/memory.limit_in_bytes': '3000000\n',
    'groups/memory/memory.usage_in_bytes': '2900000\n',
    'groups/memory/memory.stat': 'inactive_file 1\ntotal_inactive_file 100000\n',
  };
  const own = '5:cpu,cpuacct:/box/1\n4:memory:/box/1\n0::/box/1\n';
  expect(await availableWith('container', own, container)).toBe(200_000);
});

test('a group that is over its limit has nothing left', async () => {
  const full = { 'groups/memory.max': '1000\n', 'groups/memory.current': '2000\n' };
  expect(await availableWith('full', '0::/\n', full)).toBe(0);
});
