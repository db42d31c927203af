import type { Command } from 'commander';
import type { DaemonApi, DaemonAtRest } from '../daemon/daemon-api.ts';
import { addStateFlag, stateDirectoryOf } from './daemon-flags.ts';
import { addSwitch } from './flags.ts';
import { needDaemon, withDaemonOrState } from './host-daemon.ts';
import { DONE, outJson, type Shell } from './shell.ts';

interface AskFlags {
  readonly stateDir?: string;
  readonly json: boolean;
}

/** Makes a command that asks the running daemon one question and prints its answer, as text or as JSON. */
export function askDaemon<Answer>(
  command: Command,
  run: (work: Promise<number>) => void,
  shell: Shell,
  ask: (daemon: DaemonApi, words: readonly string[]) => Promise<Answer>,
  render: (answer: Answer) => readonly string[],
): void {
  const question = async (directory: string, words: readonly string[]): Promise<Answer> =>
    ask(await needDaemon(directory), words);
  answer(command, run, shell, question, render);
}

/** The same, of what the state folder answers while no daemon runs. */
export function askState<Answer>(
  command: Command,
  run: (work: Promise<number>) => void,
  shell: Shell,
  ask: (state: DaemonAtRest, words: readonly string[]) => Promise<Answer>,
  render: (answer: Answer) => readonly string[],
): void {
  const question = (directory: string, words: readonly string[]): Promise<Answer> =>
    withDaemonOrState(directory, shell, (state) => ask(state, words));
  answer(command, run, shell, question, render);
}

function answer<Answer>(
  command: Command,
  run: (work: Promise<number>) => void,
  shell: Shell,
  question: (directory: string, words: readonly string[]) => Promise<Answer>,
  render: (answer: Answer) => readonly string[],
): void {
  addStateFlag(command);
  addSwitch(command, 'json', false, 'print one JSON document');
  command.action(() => {
    // `cache clear --json`: commander gives the flags behind `clear` to `cache`.
    const flags = command.optsWithGlobals<AskFlags>();
    const words = command.args;
    run(
      (async () => {
        const said = await question(stateDirectoryOf(flags), words);
        if (flags.json) outJson(shell, said);
        else for (const line of render(said)) shell.out(line);
        return DONE;
      })(),
    );
  });
}
