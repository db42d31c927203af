import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { JobEvent, JobView } from '../../src/protocol/control-api.ts';
import { HOLDABLE } from './hold-encoders.ts';

const CLI = fileURLToPath(new URL('../../node/cli.ts', import.meta.url));

/** The real command line in a process of its own, in a process group of its own, that looks for nobody. */
export function startCli(
  args: readonly string[],
  stateDirectory: string,
  env: Readonly<Record<string, string>> = HOLDABLE,
) {
  const isDaemon = args[0] === 'up' || args[0] === 'submit';
  const lone = isDaemon ? ['--no-mdns', '--listen', '127.0.0.1', '--port', '0'] : [];
  return execa(process.execPath, ['--no-warnings', CLI, ...args, ...lone, '--state-dir', stateDirectory], {
    reject: false,
    stdin: 'ignore',
    env,
  });
}

/** Waits until a `--json` command says this of its job; rejects when it ends before. */
export function untilSaid(run: ReturnType<typeof startCli>, isIt: (job: JobView) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: run.stdout });
    lines.on('line', (line) => {
      const event = JSON.parse(line) as JobEvent;
      if (event.type === 'job' && isIt(event.job)) resolve();
    });
    lines.on('close', () => reject(new Error('the command ended before its job was as far as awaited')));
  });
}

/** The job as a `--json` command showed it last. */
export function lastJob(output: string): JobView {
  const lines = output.trim().split('\n');
  for (const line of lines.reverse()) {
    const event = JSON.parse(line) as JobEvent;
    if (event.type === 'job') return event.job;
  }
  throw new Error(`no job in: ${output}`);
}

/** Flags of a fast encode in short chunks. */
export const FAST_FLAGS = [
  '--preset',
  '12',
  '--crf',
  '35',
  '--min-scene-length',
  '0.5',
  '--max-scene-length',
  '2',
];

/** Living processes whose command line names this text: children of a daemon name its folders or are found by parent. */
export async function processesNaming(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const command = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '');
    if (command.includes(text)) found.push(`${pid} ${command.replaceAll('\0', ' ')}`);
  }
  return found;
}

/** All living descendants of a process. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const status = await readFile(join('/proc', entry, 'status'), 'utf8').catch(() => '');
    const parent = /^PPid:\s+(\d+)$/m.exec(status)?.[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  const isBelow = (child: number): boolean => {
    const parent = parents.get(child);
    return parent !== undefined && (parent === pid || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** Engine children of a daemon that run this program. @param folder part of their command line, where a process has several daemons */
export async function childrenOf(pid: number, program: string, folder = ''): Promise<number[]> {
  const found: number[] = [];
  for (const child of await descendantsOf(pid)) {
    const command = await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(`\0${program}\0`) && command.includes(folder)) found.push(child);
  }
  return found;
}

/** Whether a process lives; a zombie that nobody waited for does not. */
export async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(join('/proc', String(pid), 'status'), 'utf8').catch(() => '');
  return status !== '' && !/^State:\s+Z/m.test(status);
}

export async function untilGone(pids: readonly number[]): Promise<void> {
  await until(async () => !(await Promise.all(pids.map(isAlive))).includes(true));
}

/** Asks until it is so; a test's own limit ends it. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(50);
}

/** Files under a folder, relative to it. */
export async function filesUnder(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
