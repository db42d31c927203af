import { execa } from 'execa';

/** Names a user's own program; it goes before the PATH. */
export const SSIMULACRA2_VARIABLE = 'VADEIO_SSIMULACRA2';

/** What libjxl's program is called, and any other that is used as it is. */
const COMMAND = 'ssimulacra2';

/** Answering takes milliseconds; what takes so long is not what was looked for. */
const ASK_MS = 10_000;

/** The sentence for a user who asks for SSIMULACRA2 where nobody has it. */
export const NO_SSIMULACRA2 = `SSIMULACRA2 needs libjxl's program ssimulacra2, and none was found: not in $${SSIMULACRA2_VARIABLE}, not on the PATH. Install it (newer releases of Debian have it in libjxl-devtools), or use VMAF or XPSNR instead.`;

/**
 * libjxl's ssimulacra2: `$VADEIO_SSIMULACRA2`, else the one on the PATH. Null where there is none.
 *
 * @throws a sentence when the variable names something else.
 */
export async function findSsimulacra2(env: NodeJS.ProcessEnv = process.env): Promise<string | null> {
  const named = env[SSIMULACRA2_VARIABLE] ?? '';
  if (await answers(named === '' ? COMMAND : named)) return named === '' ? COMMAND : named;
  if (named === '') return null;
  throw new Error(
    `$${SSIMULACRA2_VARIABLE} names ${named}, which is not libjxl's ssimulacra2. Name another, unset it, or use VMAF or XPSNR instead.`,
  );
}

/** It tells how it is used when it is given nothing. */
async function answers(path: string): Promise<boolean> {
  const { all } = await execa(path, [], { timeout: ASK_MS, reject: false, stdin: 'ignore', all: true });
  return /Usage: \S*ssimulacra2 /.test(all ?? '');
}
