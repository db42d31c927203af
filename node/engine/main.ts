import { rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { EngineProgram } from './messages.ts';
import { openPort, type Port } from './port.ts';

/** Entry of every engine child: `main.js PROGRAM NICENESS ORPHANED-FOLDER`. Only this process ever loads node-av. */
const PROGRAMS: Record<EngineProgram, () => Promise<{ run(port: Port): Promise<void> }>> = {
  inspect: () => import('./programs/inspect.ts'),
  'find-bars': () => import('./programs/find-bars.ts'),
  'find-grain': () => import('./programs/find-grain.ts'),
  scan: () => import('./programs/scan.ts'),
  encode: () => import('./programs/encode.ts'),
  prove: () => import('./programs/prove.ts'),
  assemble: () => import('./programs/assemble.ts'),
  preview: () => import('./programs/preview.ts'),
  verify: () => import('./programs/verify.ts'),
  score: () => import('./programs/score.ts'),
};

// A terminal sends these to all its processes: Ctrl-C, and its own end. What they mean for this child the daemon decides.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

const [program, niceness, orphanedFolder = ''] = process.argv.slice(2);
const port = openPort();
if (orphanedFolder !== '') port.onOrphaned(() => rmSync(orphanedFolder, { recursive: true, force: true }));
try {
  // Before node-av starts its threads: they inherit the priority of the thread that makes them.
  if (Number(niceness) > 0) setPriority(Number(niceness));
  const { run } = await PROGRAMS[program as EngineProgram]();
  await run(port);
  process.exit(0);
} catch (error) {
  await port.send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
