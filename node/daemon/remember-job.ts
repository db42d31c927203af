import type { SubmitRequest } from '../../src/protocol/control-api.ts';
import { NORMAL_PRIORITY } from '../../src/schedule/priority.ts';
import type { JobRecord } from './job-record.ts';

/** What a job's journal says of it. */
export interface RememberedJob {
  readonly id: string;
  readonly request: SubmitRequest;
  readonly identity: Extract<JobRecord, { type: 'job-submitted' }>['identity'];
  readonly last: 'active' | 'stopped' | 'done' | 'failed' | 'cancelled';
  readonly words: string;
  readonly priority: number;
  readonly submittedAt: string;
  /** Size of the output that was about to take its name, or null. */
  readonly writtenBytes: number | null;
  /** Keys of the results that were committed or kept as probes: pinned in the cache until the job is over. */
  readonly keys: readonly string[];
}

/** What a journal's events say of a job; null when they are none of a job. */
export function remember(id: string, events: readonly JobRecord[]): RememberedJob | null {
  const [first, ...rest] = events;
  if (first?.type !== 'job-submitted') return null;
  let last: RememberedJob['last'] = 'active';
  let words = '';
  let priority = first.request.priority ?? NORMAL_PRIORITY;
  let writtenBytes: number | null = null;
  const keys: string[] = [];
  for (const event of rest) {
    if (event.type === 'chunk-committed' || event.type === 'probe-kept') keys.push(event.key);
    if (event.type === 'output-written') writtenBytes = event.bytes;
    if (event.type === 'job-prioritised') priority = event.priority;
    if (event.type === 'job-stopped') last = 'stopped';
    if (event.type === 'job-resumed') last = 'active';
    if (event.type === 'job-ended') {
      last = event.phase;
      words = event.words;
    }
  }
  const { request, identity, submittedAt } = first;
  return { id, request, identity, last, words, priority, submittedAt, writtenBytes, keys };
}
