import type { Command } from 'commander';
import { ownVersion } from '../version.ts';
import { addSwitch } from './flags.ts';
import { DONE, outJson, type Shell } from './shell.ts';

export function addVersion(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program.command('version').description('print the version of this program');
  addSwitch(command, 'json', false, 'print one JSON document');
  command.action((flags: { json: boolean }) => run(version(shell, flags.json)));
}

async function version(shell: Shell, isJson: boolean): Promise<number> {
  const facts = {
    version: await ownVersion(),
    node: process.versions.node,
    system: `${process.platform}-${process.arch}`,
  };
  if (isJson) outJson(shell, facts);
  else shell.out(`vadeio-node ${facts.version} (Node.js ${facts.node}, ${facts.system})`);
  return DONE;
}
