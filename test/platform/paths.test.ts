import { userInfo } from 'node:os';
import { expect, test, vi } from 'vitest';
import { defaultStateDirectory } from '../../node/platform/paths.ts';

test.skipIf(process.platform === 'win32')(
  'an empty $HOME does not put the state into the current folder',
  () => {
    vi.stubEnv('HOME', '');
    const directory = defaultStateDirectory({}, 'linux');
    vi.unstubAllEnvs();
    expect(directory).toBe(`${userInfo().homedir}/.local/state/vadeio-node`);
  },
);
