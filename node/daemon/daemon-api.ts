import type {
  CacheView,
  IntakeView,
  JobEvent,
  JobView,
  PeerView,
  StatusView,
  SubmitRequest,
} from '../../src/protocol/control-api.ts';
import type { Hours } from '../../src/schedule/peer/hours.ts';

/** What the control server asks of the daemon. Every rejection is an Error whose message is a sentence for the user. */
export interface DaemonApi {
  /** Inspects, plans and starts a job, or finds the running one of the same command. */
  submit(request: SubmitRequest): Promise<{ readonly job: JobView; readonly isAttached: boolean }>;
  status(): Promise<StatusView>;
  peers(): Promise<readonly PeerView[]>;
  jobs(): Promise<readonly JobView[]>;
  /** `id` may be a unique prefix. */
  job(id: string): Promise<JobView>;
  /** Ends when the job is over or `signal` aborts. A slow reader misses states, never the last one. */
  follow(id: string, signal: AbortSignal): AsyncIterable<JobEvent>;
  /** Cancels and forgets the job; committed chunks stay in the cache. */
  cancel(id: string): Promise<JobView>;
  /** Stops the job and keeps it resumable by the same command (Ctrl-C of `submit`). */
  stop(id: string): Promise<JobView>;
  /** Lets the job go before or after others of this daemon, now and when it is resumed. */
  prioritise(id: string, priority: number): Promise<JobView>;
  /** Takes no more work; with `Now`, what runs here goes back within a second. Survives a restart of the daemon. */
  pause(): Promise<IntakeView>;
  pauseNow(): Promise<IntakeView>;
  /** Finishes what runs and takes no more, until resumed or started again. */
  drain(): Promise<IntakeView>;
  /** Ends a pause or a drain. */
  resume(): Promise<IntakeView>;
  cache(): Promise<CacheView>;
  clearCache(): Promise<CacheView>;
}

/** The questions that a state folder answers, too, while no daemon runs with it. */
export type DaemonAtRest = Pick<DaemonApi, 'jobs' | 'job' | 'cancel' | 'cache' | 'clearCache'>;

/** What `up` and a daemon-less `submit` start. */
export interface DaemonOptions {
  readonly name: string;
  /** Encodes at once; 0: it only leads; null: by cores, load and available memory. */
  readonly slots: number | null;
  readonly peers: readonly string[];
  readonly swarm: string;
  /** null: the default port, or the next free one. */
  readonly port: number | null;
  readonly listen: readonly string[];
  readonly mdns: boolean;
  readonly stateDirectory: string;
  readonly niceness: number;
  /** When this machine takes work; null: at any time. */
  readonly schedule: Hours | null;
  /** Share of all cores that other programs may use before this one yields, 0 to 1; null: all. */
  readonly maxLoad: number | null;
  readonly worksOnBattery: boolean;
  /** Whether it keeps its machine from sleeping while it works. */
  readonly inhibitsSleep: boolean;
  /** Bytes a second of all bulk transfers together; null: as fast as they go. */
  readonly maxUpload: number | null;
  readonly maxDownload: number | null;
  readonly cacheLimitBytes: number;
}

/** A running daemon. */
export interface Daemon extends DaemonApi {
  /** Ends children, connections and temporary files; jobs stay resumable. */
  shutDown(reason: string): Promise<void>;
}
