import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { whyNotListenedOn } from '../../src/mesh/addresses.ts';
import { parseNamedPeer } from '../../src/mesh/peer-address.ts';
import { MIN_CAP_BYTES_PER_SECOND } from '../../src/protocol/limits.ts';
import { type Hours, parseHours } from '../../src/schedule/peer/hours.ts';
import type { DaemonOptions } from '../daemon/daemon-api.ts';
import { defaultStateDirectory } from '../platform/paths.ts';
import {
  addRepeatable,
  addSwitch,
  addValue,
  asText,
  bitRate,
  byteSize,
  shareOf,
  wholeNumber,
} from './flags.ts';

/** The swarm of those who name none. Machines of other names are not worked with. */
const DEFAULT_SWARM = 'home';

/** Low enough that a person at the machine feels nothing (POSIX niceness). */
const DEFAULT_NICENESS = 10;

/** Some thousand chunks of 1080p: the results of a few films, of which any may be asked for again. */
export const DEFAULT_CACHE_BYTES = 20e9;

/** Values of the flags as commander gives them. */
interface DaemonFlags {
  readonly name?: string;
  readonly slots?: number | 'auto';
  readonly peer?: string[];
  readonly swarm?: string;
  readonly port?: number;
  readonly listen?: string[];
  readonly mdns: boolean;
  readonly stateDir?: string;
  readonly nice?: number;
  readonly schedule?: Hours;
  readonly maxLoad?: number;
  readonly workOnBattery: boolean;
  readonly inhibit: boolean;
  readonly maxUpload?: number;
  readonly maxDownload?: number;
  readonly cacheSize?: number;
}

/** Which state folder, and so which daemon, a command is about. */
export function addStateFlag(command: Command): void {
  addValue(
    command,
    '--state-dir <dir>',
    `where the daemon keeps its state (default: ${defaultStateDirectory()})`,
    asText,
  );
}

export function stateDirectoryOf(flags: { readonly stateDir?: string }): string {
  return flags.stateDir === undefined ? defaultStateDirectory() : resolve(flags.stateDir);
}

/** Flags that set up a daemon. */
export function addDaemonFlags(command: Command): void {
  addSwarmFlags(command);
  addWorkFlags(command);
}

function addSwarmFlags(command: Command): void {
  command.optionsGroup('This machine in its swarm:');
  addValue(command, '--name <name>', `what this machine is called (default: ${hostname()})`, nameOf);
  addRepeatable(
    command,
    '--peer <address>',
    'a machine to join, as host, host:port or multiaddr; repeatable',
    parseNamedPeer,
  );
  addValue(
    command,
    '--swarm <name>',
    `work only with machines of this swarm (default: ${DEFAULT_SWARM})`,
    nameOf,
  );
  addValue(
    command,
    '--port <n>',
    'TCP port to listen on (default: 18427, or the next free one)',
    wholeNumber(0, 65_535),
  );
  addRepeatable(
    command,
    '--listen <address>',
    'local address to listen on (default: all private ones); repeatable',
    refuseToListenOn,
  );
  addSwitch(command, 'mdns', true, 'find machines of this LAN by multicast DNS');
  addStateFlag(command);
  for (const [way, meaning] of [
    ['upload', 'slices and results sent'],
    ['download', 'slices and results fetched'],
  ]) {
    addValue(
      command,
      `--max-${way} <rate>`,
      `${meaning}, all together, in bits a second, as 50M (default: as fast as they go)`,
      bitRate(MIN_CAP_BYTES_PER_SECOND),
    );
  }
  addValue(command, '--cache-size <size>', 'limit of the cache of finished chunks (default: 20GB)', byteSize);
}

function addWorkFlags(command: Command): void {
  command.optionsGroup('When and how much this machine works:');
  addValue(
    command,
    '--slots <n>',
    'chunks encoded at the same time; 0: none, only lead; auto: by cores, load and memory (default: auto)',
    slotsOf,
  );
  addValue(
    command,
    '--nice <n>',
    `niceness of encodes, 0 to 19 (default: ${DEFAULT_NICENESS})`,
    wholeNumber(0, 19),
  );
  addValue(
    command,
    '--schedule <hours>',
    'take work only at these local times, as 22:00-07:00 or several with commas between (default: always)',
    parseHours,
  );
  addValue(
    command,
    '--max-load <share>',
    'yield while other programs use more of the cores than this, as 25% or 0.25 (default: never)',
    shareOf,
  );
  addSwitch(command, 'work-on-battery', false, 'take work while this machine runs on battery');
  addSwitch(command, 'inhibit', true, 'keep this machine from sleeping while it works');
}

export function daemonOptionsOf(flags: DaemonFlags): DaemonOptions {
  return {
    name: flags.name ?? hostname(),
    slots: typeof flags.slots === 'number' ? flags.slots : null,
    peers: flags.peer ?? [],
    swarm: flags.swarm ?? DEFAULT_SWARM,
    port: flags.port ?? null,
    listen: flags.listen ?? [],
    mdns: flags.mdns,
    stateDirectory: stateDirectoryOf(flags),
    niceness: flags.nice ?? DEFAULT_NICENESS,
    schedule: flags.schedule ?? null,
    maxLoad: flags.maxLoad ?? null,
    worksOnBattery: flags.workOnBattery,
    inhibitsSleep: flags.inhibit,
    maxUpload: flags.maxUpload ?? null,
    maxDownload: flags.maxDownload ?? null,
    cacheLimitBytes: flags.cacheSize ?? DEFAULT_CACHE_BYTES,
  };
}

const DAEMON_FLAGS = [
  ...['name', 'slots', 'peer', 'swarm', 'port', 'listen', 'mdns', 'nice', 'cacheSize'],
  ...['schedule', 'maxLoad', 'workOnBattery', 'inhibit', 'maxUpload', 'maxDownload'],
];

/** Long names of the given flags that only mean something to a daemon that is being started. */
export function givenDaemonFlags(command: Command): string[] {
  return command.options
    .filter((option) => DAEMON_FLAGS.includes(option.attributeName()))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .filter((option) => command.getOptionValue(option.attributeName()) !== option.negate)
    .map((option) => option.long ?? '');
}

/** The same flags again, for a daemon in the background. */
export function daemonArguments(options: DaemonOptions): string[] {
  return [
    ...['--name', options.name, '--swarm', options.swarm, '--state-dir', options.stateDirectory],
    ...['--nice', String(options.niceness), '--cache-size', String(options.cacheLimitBytes)],
    ...(options.slots === null ? [] : ['--slots', String(options.slots)]),
    ...(options.port === null ? [] : ['--port', String(options.port)]),
    ...(options.mdns ? [] : ['--no-mdns']),
    ...(options.schedule === null ? [] : ['--schedule', options.schedule.text]),
    ...(options.maxLoad === null ? [] : ['--max-load', String(options.maxLoad)]),
    ...(options.worksOnBattery ? ['--work-on-battery'] : []),
    ...(options.inhibitsSleep ? [] : ['--no-inhibit']),
    ...(options.maxUpload === null ? [] : ['--max-upload', String(options.maxUpload * 8)]),
    ...(options.maxDownload === null ? [] : ['--max-download', String(options.maxDownload * 8)]),
    ...options.peers.flatMap((peer) => ['--peer', peer]),
    ...options.listen.flatMap((address) => ['--listen', address]),
  ];
}

function refuseToListenOn(address: string): void {
  const reason = whyNotListenedOn(address);
  if (reason !== null) throw new Error(reason);
}

function slotsOf(text: string): number | 'auto' {
  return text === 'auto' ? 'auto' : wholeNumber(0, 256)(text);
}

/** Names cross the wire and stand in tables. */
function nameOf(text: string): string {
  if (/^[^\p{Cc}]{1,64}$/u.test(text) && text.trim() === text) return text;
  throw new Error('Expected 1 to 64 printable characters, without blanks at its ends.');
}
