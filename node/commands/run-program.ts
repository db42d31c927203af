import { CommanderError } from 'commander';
import { longFlags, withDashes } from './flags.ts';
import { buildProgram } from './program.ts';
import { DONE, FAILED, type Shell, UsageError, WRONG_USAGE } from './shell.ts';

/** No command means `up`. */
function withCommand(argv: readonly string[]): string[] {
  const [first] = argv;
  if (first === '--version' || first === '-V') return ['version'];
  const isFlag = first === undefined || (first.startsWith('-') && !['-h', '--help'].includes(first));
  return isFlag ? ['up', ...argv] : [...argv];
}

/** Does what the arguments say, and gives the exit status; what goes wrong is said by the shell. */
export async function runProgram(argv: readonly string[], shell: Shell): Promise<number> {
  let work: Promise<number> = Promise.resolve(DONE);
  const program = buildProgram((started) => {
    work = started;
  }, shell);
  try {
    program.parse(withDashes(withCommand(argv), longFlags(program)), { from: 'user' });
    return await work;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
    shell.say(`vadeio-node: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof UsageError ? WRONG_USAGE : FAILED;
  }
}
