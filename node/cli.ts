import { fileURLToPath } from 'node:url';
import { COLOURED, PLAIN } from '../src/report/style.ts';
import { forTerminal } from '../src/report/terminal-text.ts';
import { runProgram } from './commands/run-program.ts';
import { FAILED, INTERRUPTED, type Shell } from './commands/shell.ts';

/** Ctrl-C asks to stop; a second one ends at once. Losing the terminal ends nothing: a job goes on without it. */
function catchSignals(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(INTERRUPTED);
      interrupted.abort(signal);
    });
  }
  process.on('SIGHUP', () => undefined);
  // A reader that left (`| head`) or a terminal that is gone fails every write; the work goes on.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  return interrupted.signal;
}

function openShell(): Shell {
  const { stdout, stderr, env } = process;
  const isColoured = (stream: NodeJS.WriteStream): boolean =>
    stream.isTTY === true && (env.NO_COLOR ?? '') === '';
  return {
    out: (line) => void stdout.write(`${forTerminal(line, isColoured(stdout))}\n`),
    say: (line) => void stderr.write(`${forTerminal(line, isColoured(stderr))}\n`),
    terminal: stderr.isTTY === true && env.TERM !== 'dumb' ? stderr : null,
    columns: stdout.columns ?? 80,
    outStyle: isColoured(stdout) ? COLOURED : PLAIN,
    sayStyle: isColoured(stderr) ? COLOURED : PLAIN,
    interrupted: catchSignals(),
    self: [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)],
  };
}

/** A pipe may still hold what was written. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write('', () => resolve());
  });
}

// Should Node.js end because nothing is left to wait for, the work was not done.
process.exitCode = FAILED;
const status = await runProgram(process.argv.slice(2), openShell());
await Promise.all([flush(process.stdout), flush(process.stderr)]);
process.exit(status);
