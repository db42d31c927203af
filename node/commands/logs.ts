import type { Command } from 'commander';
import { toJson } from '../../src/report/terminal-text.ts';
import type { LogEntry } from '../../src/storage/log-lines.ts';
import { followDaemonLog, readDaemonLog } from '../storage/daemon-log.ts';
import { statePaths } from '../storage/state-paths.ts';
import { addStateFlag, stateDirectoryOf } from './daemon-flags.ts';
import { addSwitch, addValue, wholeNumber } from './flags.ts';
import { DONE, INTERRUPTED, outJson, type Shell } from './shell.ts';

interface LogsFlags {
  readonly follow: boolean;
  readonly lines?: number;
  readonly stateDir?: string;
  readonly json: boolean;
}

/** About a screen. */
const DEFAULT_LINES = 50;

export function addLogs(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program.command('logs').description('show what the daemon said, whether it runs or not');
  command.option('-f, --follow', 'go on with what it says from now on', false);
  addValue(command, '--lines <n>', `entries to show (default: ${DEFAULT_LINES})`, wholeNumber(0, 1_000_000));
  addStateFlag(command);
  addSwitch(command, 'json', false, 'print one JSON document, or with --follow one JSON object a line');
  command.action((flags: LogsFlags) => run(logs(shell, flags)));
}

async function logs(shell: Shell, flags: LogsFlags): Promise<number> {
  const { log } = statePaths(stateDirectoryOf(flags));
  const count = flags.lines ?? DEFAULT_LINES;
  const show = ({ time, text }: LogEntry): void =>
    shell.out(`${shell.outStyle.dim(onTheWall(time))} ${text}`);
  if (flags.follow) {
    for await (const entry of followDaemonLog(log, count, shell.interrupted)) {
      if (flags.json) shell.out(toJson(entry));
      else show(entry);
    }
    return INTERRUPTED;
  }
  const said = await readDaemonLog(log, count);
  if (flags.json) outJson(shell, said);
  else for (const entry of said) show(entry);
  if (said.length === 0) shell.say(`Nothing is in ${log} yet: no daemon has run with this state folder.`);
  return DONE;
}

/** In the time zone of who reads. */
function onTheWall(time: string): string {
  const at = new Date(time);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}
