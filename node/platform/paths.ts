import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** The name of this program in the folders of the system. */
const PROGRAM = 'vadeio-node';

/**
 * Where a program of this user keeps what must survive a restart: the XDG Base Directory Specification on Linux and
 * other Unixes, Apple's File System Programming Guide on macOS, the local (not roaming) profile on Windows.
 */
export function defaultStateDirectory(
  environment: NodeJS.ProcessEnv = process.env,
  system: NodeJS.Platform = process.platform,
): string {
  // An empty $HOME would lead to the folder that the command happens to be started in.
  const home = homedir() || userInfo().homedir;
  if (system === 'win32') {
    return join(environment.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), PROGRAM);
  }
  if (system === 'darwin') return join(home, 'Library', 'Application Support', PROGRAM);
  return join(absolute(environment.XDG_STATE_HOME) ?? join(home, '.local', 'state'), PROGRAM);
}

/** A folder with a short name for sockets whose own folder has a name too long for `sun_path`. */
export function runtimeDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const given = absolute(environment.XDG_RUNTIME_DIR);
  if (given !== null) return join(given, PROGRAM);
  return join(tmpdir(), `${PROGRAM}-${userInfo().uid}`);
}

/** The XDG specification says: a path that is not absolute is to be ignored. */
function absolute(path: string | undefined): string | null {
  return path?.startsWith('/') ? path : null;
}
