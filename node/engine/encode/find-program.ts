import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import type { ProgramEngine } from '../../../src/encoder/encoder-definition.ts';
import { PROGRAM_ENDINGS } from '../../platform/started-program.ts';

/** Answering takes milliseconds; what takes so long is not what was looked for. */
const ASK_MS = 10_000;

/**
 * Where the program of an encoder is: `$VADEIO_…`, else the PATH. Null when there is none.
 *
 * @throws a sentence when the variable names what is no program.
 */
export async function findProgram(
  { commands, variable }: ProgramEngine,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | null> {
  const named = env[variable] ?? '';
  if (named !== '') {
    if (await isProgram(named)) return named;
    throw new Error(`$${variable} names ${named}, which is no program. Name another, or unset it.`);
  }
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const command of commands) {
    for (const folder of folders) {
      for (const ending of PROGRAM_ENDINGS) {
        const path = join(folder, `${command}${ending}`);
        if (await isProgram(path)) return path;
      }
    }
  }
  return null;
}

/** The same; throws a sentence that says what was looked for when there is none. */
export async function requireProgram(title: string, engine: ProgramEngine): Promise<string> {
  const path = await findProgram(engine);
  if (path !== null) return path;
  throw new Error(
    `There is no ${title}: no ${engine.commands.join(' or ')} on the PATH, and $${engine.variable} names none. Install it, or choose another --encoder.`,
  );
}

/** What the program says of its version; null when it says nothing that is understood. */
export async function programVersion(path: string, { version }: ProgramEngine): Promise<string | null> {
  const { all } = await execa(path, version.ask, {
    timeout: ASK_MS,
    reject: false,
    stdin: 'ignore',
    all: true,
    env: { SVT_LOG: '3' },
  });
  return version.told.exec(all ?? '')?.[1] ?? null;
}

/** For people. */
export function describeProgram(title: string, version: string | null): string {
  return version === null ? `${title} of a version that it does not tell` : `${title} ${version}`;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
