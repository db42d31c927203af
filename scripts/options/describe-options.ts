import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { buildProgram } from '../../node/commands/program.ts';
import { defaultStateDirectory } from '../../node/platform/paths.ts';
import { SILENT_SHELL } from '../../test/fixtures/silent-shell.ts';

export const OPTIONS_PAGE = join(import.meta.dirname, '..', '..', 'docs', 'options.md');

/** Every command with its arguments and flags, as Markdown. */
export function describeOptions(): string {
  // Nothing is run: commands are only asked what they take.
  const program = buildProgram(() => undefined, SILENT_SHELL);
  const sections = program.commands.flatMap(describeCommand);
  return `${[
    '# Commands and flags',
    '',
    'Made by `node scripts/options.ts` from what `vadeio-node COMMAND --help` prints. Flags may be written with `_` for `-`.',
    ...sections,
  ].join('\n')}\n`;
}

function describeCommand(command: Command): string[] {
  const help = command.createHelp();
  const aliases = command.aliases().map((alias) => `, or \`${alias}\``);
  const groups = groupsOf(help.visibleOptions(command));
  return [
    '',
    `## ${command.name()}${aliases.join('')}`,
    '',
    `${sentence(help.commandDescription(command))} \`${help.commandUsage(command).trim()}\``,
    ...help
      .visibleArguments(command)
      .map((argument) => `\n- \`${argument.name()}\`: ${argument.description}`),
    ...[...groups].flatMap(([group, options]) => [
      '',
      `### ${command.name()}: ${group}`,
      '',
      '| flag | meaning |',
      '|---|---|',
      ...options.map((option) => `| \`${option.flags}\` | ${cell(option.description)} |`),
    ]),
    ...command.commands.flatMap(describeCommand),
  ];
}

/** Options under their headings, in the order of the help; the help itself left out. */
function groupsOf(options: readonly Option[]): Map<string, Option[]> {
  const groups = new Map<string, Option[]>();
  for (const option of options) {
    if (option.long === '--help') continue;
    const group = groupOf(option);
    groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  return groups;
}

function groupOf(option: Option): string {
  return (option.helpGroupHeading ?? 'flags').replace(/:$/, '').toLowerCase();
}

/** What depends on the machine is said in words. */
function cell(text: string): string {
  return text
    .replaceAll(defaultStateDirectory(), 'a folder of its own below the user’s')
    .replaceAll(`default: ${hostname()})`, 'default: the host’s name)')
    .replaceAll('|', '\\|');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
