import type { LeaderEvent } from '../../../src/schedule/leader/events.ts';
import type { EnginePool } from '../../engine/engine-pool.ts';
import type { ProveMessage, ProveRequest, ScanMessage, ScanRequest } from '../../engine/messages.ts';
import type { Mesh } from '../../mesh/mesh.ts';
import type { ChunkStore } from '../../storage/chunk-store.ts';
import type { Journal } from '../../storage/journal.ts';
import type { ScanStore } from '../../storage/scan-store.ts';
import type { JobHistory } from '../job-history.ts';
import type { JobRecord } from '../job-record.ts';
import type { ParamVerdict } from '../param-search.ts';

/** What a job's run is given by its daemon. */
export interface RunParts {
  readonly submittedMs: number;
  readonly mesh: Mesh;
  readonly chunks: ChunkStore;
  readonly scans: ScanStore;
  readonly provers: EnginePool<ProveRequest, ProveMessage>;
  readonly scanners: EnginePool<ScanRequest, ScanMessage>;
  readonly journal: Journal<JobRecord>;
  /** Runs the scan when no more urgent one waits. */
  readonly takeScanTurn: (scan: () => Promise<void>) => Promise<void>;
  readonly history: JobHistory;
  /** Of a peer, for people. */
  readonly nameOf: (peer: string) => string;
  /** Folder for results on their way from a peer to the store. */
  readonly workDirectory: string;
  readonly niceness: number;
  /** Gives events to the leader's scheduler; those of one call are applied before it plans. */
  readonly record: (...events: readonly LeaderEvent[]) => void;
  /** What the user should know of the job: a sentence. */
  readonly onNote: (sentence: string) => void;
  /** Slots for which this daemon has nothing to do, though they could take this job's chunks. */
  readonly spareSlots: () => number;
  /** The encoder options that were to be tried are tried, and the run has no more to do. */
  readonly onTried: (verdict: ParamVerdict) => void;
  /** The job cannot go on: a sentence. */
  readonly onFailed: (reason: string) => void;
  readonly onFinished: () => void;
}
