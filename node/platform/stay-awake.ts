import { spawn } from 'node:child_process';
import { awakeOnLinux } from './stay-awake/linux.ts';
import { awakeOnMacos } from './stay-awake/macos.ts';
import { awakeOnWindows } from './stay-awake/windows.ts';

/** How long a released child may take to end before it is killed. */
const END_PATIENCE_MS = 2000;

/** Keeps the machine from sleeping until it is released. */
export interface WakeLock {
  /** Lets the machine sleep again; resolves when the child that kept it awake is gone. */
  release(): Promise<void>;
}

/**
 * Keeps this machine from sleeping, by a child that does so until its standard input ends. The only other end of that
 * is in this process, so the child ends with it however it ends.
 * @param onLost the child could not be started or ended by itself: why, in words.
 */
export function stayAwake(onLost: (words: string) => void): WakeLock {
  const [program, args] = commandOf(process.platform);
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], cwd: '/', windowsHide: true });
  let said = '';
  let isReleased = false;
  child.stderr.on('data', (data: Buffer) => {
    said = (said + data.toString('utf8')).slice(-1000);
  });
  // A child that is gone cannot be told to end.
  child.stdin.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => {
    const end = (words: string): void => {
      if (!isReleased) onLost(words);
      resolve();
    };
    child.once('error', ({ message }) => end(`${program} cannot be run (${message})`));
    child.once('close', () => end(`${program} ended: ${said.trim() || 'it did not say why'}`));
  });
  return {
    async release() {
      isReleased = true;
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), END_PATIENCE_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}

function commandOf(platform: NodeJS.Platform): readonly [program: string, args: readonly string[]] {
  if (platform === 'win32') return awakeOnWindows;
  return platform === 'darwin' ? awakeOnMacos : awakeOnLinux;
}
