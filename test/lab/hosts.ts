import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type CpuGroup, makeCpuGroup } from './cpu-group.ts';
import { isStale, newLabName } from './lab-name.ts';

/**
 * A LAN of network namespaces: hosts, each with one interface, on a bridge that lives in a namespace of its own.
 * Nothing of the machine's own network is touched, and nothing leaves the namespaces.
 */

const run = promisify(execFile);

const SUBNET = '10.77.0';

export interface Lab {
  readonly hosts: readonly Host[];
  /** Ends every process in the namespaces and removes them. */
  stop(): Promise<void>;
}

export interface Host {
  readonly name: string;
  readonly address: string;
  /** Starts a program of this Node inside the host. */
  node(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): HostProcess;
  /** Pulls or plugs the cable, at the switch. */
  link(state: 'up' | 'down'): Promise<void>;
  /** Limits the cable in both directions; null lifts the limit. */
  shape(megabits: number | null): Promise<void>;
  /** Limits the CPU time of everything in the host, all together. @param cores CPU seconds a second */
  limitCpu(cores: number): Promise<void>;
  /** Everything that runs in the host, whoever started it. */
  pids(): Promise<number[]>;
}

/** A process inside a host, and what it printed so far. */
export interface HostProcess {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly errors: string[];
  readonly exited: Promise<number | null>;
  kill(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Why there can be no lab here, or null. Makes and removes a namespace to know. */
export function labUnavailable(): string | null {
  if (process.platform !== 'linux') return `network namespaces need Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const name = `${newLabName()}-probe`;
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    try {
      const probe = (...args: string[]): void =>
        void execFileSync('ip', ['netns', 'exec', name, 'ip', 'link', 'add', ...args], { stdio: 'pipe' });
      probe('veth0', 'type', 'veth', 'peer', 'name', 'veth1');
      probe('br0', 'type', 'bridge');
    } finally {
      execFileSync('ip', ['netns', 'del', name], { stdio: 'pipe' });
    }
    return null;
  } catch (error) {
    const words = error instanceof Error ? error.message.split('\n').join(' ') : String(error);
    return `this system makes no network namespaces: ${words}`;
  }
}

export async function makeLab(hostCount: number): Promise<Lab> {
  await removeStaleLabs();
  const prefix = newLabName();
  const bridge = `${prefix}-switch`;
  const processes: HostProcess[] = [];
  const names = Array.from({ length: hostCount }, (_, index) => `${prefix}-h${index}`);
  try {
    await ip('netns', 'add', bridge);
    // Snooping would hold multicast back until a querier speaks, and there is none.
    await ip(
      '-n',
      bridge,
      'link',
      'add',
      'br0',
      'type',
      'bridge',
      'forward_delay',
      '0',
      'mcast_snooping',
      '0',
    );
    await ip('-n', bridge, 'link', 'set', 'br0', 'up');
    const hosts: Host[] = [];
    const groups: CpuGroup[] = [];
    for (const [index, name] of names.entries()) {
      hosts.push(await addHost(name, index, bridge, { processes, groups }));
    }
    return {
      hosts,
      stop: async () => {
        await removeNamespaces([...names, bridge], processes);
        for (const group of groups) await group.remove();
      },
    };
  } catch (error) {
    await removeNamespaces([...names, bridge], processes);
    throw error;
  }
}

/** A daemon inside a host: `vadeio-node ARGS`. */
export function runDaemonInHost(
  host: Host,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): HostProcess {
  return host.node(fileURLToPath(new URL('../../node/cli.ts', import.meta.url)), args, env);
}

/** What ends with the lab. */
interface LabParts {
  readonly processes: HostProcess[];
  readonly groups: CpuGroup[];
}

async function addHost(name: string, index: number, bridge: string, parts: LabParts): Promise<Host> {
  const port = `p${index}`;
  const address = `${SUBNET}.${index + 10}`;
  await ip('netns', 'add', name);
  await ip('link', 'add', 'eth0', 'netns', name, 'type', 'veth', 'peer', 'name', port, 'netns', bridge);
  await ip('-n', bridge, 'link', 'set', port, 'master', 'br0', 'up');
  await ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  await ip('-n', name, 'link', 'set', 'lo', 'up');
  await ip('-n', name, 'link', 'set', 'eth0', 'up');
  await ip('-n', name, 'route', 'add', 'default', 'via', `${SUBNET}.1`);
  // Multicast leaves by this route alone.
  await ip('-n', name, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0');
  let group: CpuGroup | null = null;
  return {
    name,
    address,
    node: (program, args, env = {}) => {
      const started = startInNamespace(name, group, [process.execPath, program, ...args], env);
      parts.processes.push(started);
      return started;
    },
    limitCpu: async (cores) => {
      if (group === null) {
        group = await makeCpuGroup(name);
        parts.groups.push(group);
        // One a write, as the kernel wants it; what is born meanwhile is born of one that moves.
        for (const pid of await pidsIn(name)) await writeFile(group.processes, String(pid));
      }
      await group.limit(cores);
    },
    pids: () => pidsIn(name),
    link: (state) => ip('-n', bridge, 'link', 'set', port, state),
    shape: async (megabits) => {
      await limitRate(bridge, port, megabits);
      await limitRate(name, 'eth0', megabits);
    },
  };
}

/** A shell that goes into the group and becomes the program: inside a namespace the groups are out of sight. */
function inGroup(group: CpuGroup | null, command: readonly string[]): readonly string[] {
  if (group === null) return command;
  return ['sh', '-c', 'echo $$ >"$0" && exec "$@"', group.processes, ...command];
}

/** `ip netns exec` becomes the program, so signals reach it. */
function startInNamespace(
  namespace: string,
  group: CpuGroup | null,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): HostProcess {
  const [program = '', ...args] = inGroup(group, ['ip', 'netns', 'exec', namespace, ...command]);
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const exited = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return {
    child,
    lines,
    errors,
    exited,
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal);
      return await exited;
    },
  };
}

/** A queue of 50 ms; a burst of what a 1 ms timer lets through, and at least a full GSO packet. */
async function limitRate(namespace: string, device: string, megabits: number | null): Promise<void> {
  const tc = ['netns', 'exec', namespace, 'tc', 'qdisc'];
  // Without a limit there is nothing to lift.
  if (megabits === null) return ip(...tc, 'del', 'dev', device, 'root').catch(() => undefined);
  const burstBytes = Math.max(128 * 1024, (megabits * 1e6) / 8 / 1000);
  const tbf = ['tbf', 'rate', `${megabits}mbit`, 'burst', `${Math.ceil(burstBytes)}b`, 'latency', '50ms'];
  await ip(...tc, 'replace', 'dev', device, 'root', ...tbf);
}

/** What runs that were killed have left: namespaces whose maker is no more. */
async function removeStaleLabs(): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'list']);
  const names = stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
  await removeNamespaces(names.filter(isStale), []);
}

async function pidsIn(namespace: string): Promise<number[]> {
  const { stdout } = await run('ip', ['netns', 'pids', namespace]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

async function removeNamespaces(names: readonly string[], processes: readonly HostProcess[]): Promise<void> {
  for (const name of names) {
    for (const pid of await pidsIn(name).catch(() => [])) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself meanwhile.
      }
    }
  }
  await Promise.all(processes.map(({ exited }) => exited));
  for (const name of names) await ip('netns', 'del', name).catch(() => undefined);
}

async function ip(...args: readonly string[]): Promise<void> {
  await run('ip', args);
}
