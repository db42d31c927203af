import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { COLOURED, PLAIN } from '../src/report/style.ts';
import { addCache } from './commands/cache.ts';
import { addCancel } from './commands/cancel.ts';
import { addDrain } from './commands/drain.ts';
import { longFlags, withDashes } from './commands/flags.ts';
import { addJob } from './commands/job.ts';
import { addJobs } from './commands/jobs.ts';
import { addPause } from './commands/pause.ts';
import { addPeers } from './commands/peers.ts';
import { addResume } from './commands/resume.ts';
import { addScore } from './commands/score.ts';
import { DONE, FAILED, INTERRUPTED, type Shell, UsageError, WRONG_USAGE } from './commands/shell.ts';
import { addStatus } from './commands/status.ts';
import { addSubmit } from './commands/submit.ts';
import { addUp } from './commands/up.ts';
import { addVerify } from './commands/verify.ts';
import { addVersion } from './commands/version.ts';

const COMMANDS = [
  addUp,
  addSubmit,
  addStatus,
  addPeers,
  addJobs,
  addJob,
  addCancel,
  addPause,
  addResume,
  addDrain,
  addVerify,
  addScore,
  addCache,
  addVersion,
];

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
    out: (line) => void stdout.write(`${line}\n`),
    say: (line) => void stderr.write(`${line}\n`),
    terminal: stderr.isTTY === true && env.TERM !== 'dumb' ? stderr : null,
    columns: stdout.columns ?? 80,
    outStyle: isColoured(stdout) ? COLOURED : PLAIN,
    sayStyle: isColoured(stderr) ? COLOURED : PLAIN,
    interrupted: catchSignals(),
    self: [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)],
  };
}

function buildProgram(shell: Shell, run: (work: Promise<number>) => void): Command {
  const program = new Command('vadeio-node')
    .description('Encodes one video on every machine of a home LAN.')
    .exitOverride()
    .showSuggestionAfterError();
  for (const add of COMMANDS) add(program, run, shell);
  for (const command of program.commands) {
    command.showHelpAfterError(`(vadeio-node ${command.name()} --help tells what it takes)`);
  }
  return program;
}

/** No command means `up`. */
function withCommand(argv: readonly string[]): string[] {
  const [first] = argv;
  if (first === '--version' || first === '-V') return ['version'];
  const isFlag = first === undefined || (first.startsWith('-') && !['-h', '--help'].includes(first));
  return isFlag ? ['up', ...argv] : [...argv];
}

async function main(argv: readonly string[]): Promise<number> {
  const shell = openShell();
  let work: Promise<number> = Promise.resolve(DONE);
  const program = buildProgram(shell, (started) => {
    work = started;
  });
  try {
    program.parse(withDashes(withCommand(argv), longFlags(program)), { from: 'user' });
    return await work;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
    shell.say(`vadeio-node: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof UsageError ? WRONG_USAGE : FAILED;
  }
}

/** A pipe may still hold what was written. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write('', () => resolve());
  });
}

const status = await main(process.argv.slice(2));
await Promise.all([flush(process.stdout), flush(process.stderr)]);
process.exit(status);
