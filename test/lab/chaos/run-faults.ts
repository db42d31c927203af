import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findDaemon } from '../../../node/commands/host-daemon.ts';
import { isOver, type JobView } from '../../../src/protocol/control-api.ts';
import { POISON_PEERS } from '../../../src/schedule/limits.ts';
import { FAST } from '../../daemon/one-machine.ts';
import type { MadeSource } from '../../sources/make-source.ts';
import { type Host, type Lab, makeLab } from '../hosts.ts';
import { checkLeft, checkOutput } from './check-run.ts';
import { FaultHost, type RunContext, SWARM } from './fault-host.ts';
import { type Fault, type FaultKind, type FaultPlan, HOST_NAMES, LEADER } from './plan-faults.ts';

/** Chunks of a few frames: as many as can be lost. */
const OPTIONS = { ...FAST, minSceneSeconds: 0.25, maxSceneSeconds: 0.5 };

/** A daemon that stands still answers nothing. */
const ANSWER_MS = 2000;
const STEP_MS = 50;

/** Without progress for so long, the next fault does not wait for its share; and, at the end, the job hangs. */
const STUCK_MS = 8000;
const HANGING_MS = 90_000;

/** A full disk may fail a job; the same command goes on when there is room again. */
const MOST_SUBMITS = 4;

/** Each lets an attempt fail, which counts against its chunk. */
const SPOILERS: ReadonlySet<FaultKind> = new Set([
  'kill-child',
  'hang-encoder',
  'corrupt-result',
  'full-disk',
]);

export interface RunReport {
  /** Empty: all held. */
  readonly problems: readonly string[];
  readonly seconds: number;
  /** Faults that began while the job ran, and how often it was submitted. */
  readonly faultsInTime: number;
  readonly submits: number;
  /** What the daemons said; for a run with problems. */
  readonly words: readonly string[];
}

/** Plays one seed's history with real daemons, repairs everything, and looks at what came of it. */
export async function runFaults(plan: FaultPlan, film: MadeSource, signal: AbortSignal): Promise<RunReport> {
  const startedMs = performance.now();
  const context: RunContext = { signal, problems: [] };
  const directory = await mkdtemp(join(tmpdir(), 'vadeio-chaos-'));
  const lab = await makeLab(HOST_NAMES.length + (plan.lie === null ? 0 : 1));
  const hosts: FaultHost[] = [];
  let run: ChaosRun | null = null;
  try {
    for (const [index, name] of HOST_NAMES.entries()) {
      hosts.push(await FaultHost.make(name, lab.hosts[index] as Host, directory, context));
    }
    run = new ChaosRun(plan, film, hosts, directory, context);
    await run.play(lab);
  } catch (error) {
    if (!signal.aborted) context.problems.push(error instanceof Error ? (error.stack ?? '') : String(error));
  } finally {
    await lab.stop();
    for (const host of hosts) await host.remove();
    await rm(directory, { recursive: true, force: true });
  }
  const words = hosts.flatMap(({ name, words }) => words.map((line) => `${name}: ${line}`));
  const seconds = (performance.now() - startedMs) / 1000;
  const { faultsInTime = 0, submits = 0 } = run ?? {};
  return { problems: context.problems, seconds, faultsInTime, submits, words };
}

class ChaosRun {
  readonly #plan: FaultPlan;
  readonly #film: MadeSource;
  readonly #hosts: readonly FaultHost[];
  readonly #directory: string;
  readonly #output: string;
  readonly #context: RunContext;
  faultsInTime = 0;
  submits = 0;

  constructor(
    plan: FaultPlan,
    film: MadeSource,
    hosts: readonly FaultHost[],
    directory: string,
    context: RunContext,
  ) {
    this.#plan = plan;
    this.#film = film;
    this.#hosts = hosts;
    this.#directory = directory;
    this.#output = join(directory, 'out', 'film.mkv');
    this.#context = context;
  }

  async play(lab: Lab): Promise<void> {
    const { signal, problems } = this.#context;
    await mkdir(join(this.#directory, 'out'));
    await Promise.all(this.#hosts.map((host) => host.start()));
    const liar = this.#startLiar(lab);
    await this.#submit();
    for (const fault of this.#plan.faults) {
      if (await this.#untilShare(fault.share)) this.faultsInTime += 1;
      this.#on(fault).suffer(fault);
    }
    await Promise.all(this.#hosts.map(({ work }) => work));
    if (signal.aborted) return;
    const isDone = await this.#untilDone();
    if (isDone) problems.push(...(await checkOutput(this.#film, this.#output)));
    await liar?.kill('SIGTERM');
    await Promise.all(this.#hosts.map((host) => host.end()));
    for (const { name } of this.#hosts) problems.push(...(await checkLeft(this.#directory, name)));
  }

  #on(fault: Fault): FaultHost {
    return this.#hosts[HOST_NAMES.indexOf(fault.host)] as FaultHost;
  }

  #startLiar({ hosts }: Lab) {
    if (this.#plan.lie === null) return null;
    const host = hosts[HOST_NAMES.length] as Host;
    const leader = hosts[HOST_NAMES.indexOf(LEADER)] as Host;
    const program = new URL('liar.ts', import.meta.url).pathname;
    const directory = join(this.#directory, 'liar');
    return host.node(program, [directory, leader.address, host.address, SWARM, this.#plan.lie]);
  }

  async #submit(): Promise<void> {
    const daemon = await findDaemon(this.#leader.daemon.stateDirectory);
    if (daemon === null) throw new Error('the leader does not answer');
    await daemon.submit({ input: this.#film.path, output: this.#output, options: OPTIONS });
    this.submits += 1;
  }

  /** The job as the leader shows it; undefined: it knows none; null: it does not answer. */
  async #job(): Promise<JobView | null | undefined> {
    const ask = async (): Promise<JobView | undefined> => {
      const daemon = await findDaemon(this.#leader.daemon.stateDirectory);
      if (daemon === null) throw new Error('the leader does not answer');
      return (await daemon.jobs()).find(({ output }) => output === this.#output);
    };
    const late = sleep(ANSWER_MS, null, { ref: false });
    return await Promise.race([ask().catch(() => null), late]);
  }

  /** Until so much is committed; whether the job still runs. */
  async #untilShare(share: number): Promise<boolean> {
    const frames = this.#film.frameNumbers?.length ?? 0;
    for await (const { job, silentMs } of this.#looks()) {
      if (job && this.#mayGoOn(job)) await this.#submitAgain();
      else if (job && isOver(job.phase)) return false;
      if (silentMs > STUCK_MS || (job && job.progress.framesCommitted >= share * frames)) return true;
    }
    return false;
  }

  /** Everything is repaired: now the job must end well, if need be by the same command once more. */
  async #untilDone(): Promise<boolean> {
    const { problems } = this.#context;
    for await (const { job, silentMs } of this.#looks()) {
      if (job?.phase === 'done') return true;
      if (silentMs > HANGING_MS) {
        problems.push(`nothing came about for ${HANGING_MS / 1000} s: ${JSON.stringify(job)}`);
        return false;
      }
      if (job === null || (job !== undefined && !isOver(job.phase))) continue;
      if (job !== undefined && !this.#mayGoOn(job)) {
        problems.push(`the job is ${job.phase} after ${this.submits} submits: ${job.error}`);
        return false;
      }
      await this.#submitAgain();
    }
    return false;
  }

  /**
   * A job may fail for want of room on the leader's disk, and for a chunk that three faults met on three machines. It
   * says so, and what to do.
   */
  #mayGoOn({ phase, error }: JobView): boolean {
    const { faults, lie } = this.#plan;
    const wasFull = faults.some(({ kind, host }) => kind === 'full-disk' && host === LEADER);
    const isForRoom = wasFull && /the disk is full/.test(error ?? '');
    const spoilers = faults.filter(({ kind }) => SPOILERS.has(kind)).length + (lie === null ? 0 : 1);
    const isPoisoned = spoilers >= POISON_PEERS && /could not be encoded; it failed/.test(error ?? '');
    return phase === 'failed' && (isForRoom || isPoisoned) && this.submits < MOST_SUBMITS;
  }

  /** As a user does, once there is room. */
  async #submitAgain(): Promise<void> {
    await this.#leader.work;
    await this.#submit();
  }

  get #leader(): FaultHost {
    return this.#hosts[HOST_NAMES.indexOf(LEADER)] as FaultHost;
  }

  /** The job again and again, and since when nothing more of it was committed or written. */
  async *#looks(): AsyncGenerator<{ job: JobView | null | undefined; silentMs: number }> {
    let known = '';
    let sinceMs = performance.now();
    while (!this.#context.signal.aborted) {
      const job = await this.#job();
      const { framesCommitted, framesAssembled, framesScanned } = job?.progress ?? {};
      const now = [job?.phase, framesCommitted, framesAssembled, framesScanned].join();
      if (now !== known) sinceMs = performance.now();
      known = now;
      yield { job, silentMs: performance.now() - sinceMs };
      await sleep(STEP_MS);
    }
  }
}
