import { readdir } from 'node:fs/promises';
import { isOver, type JobPhase } from '../../src/protocol/control-api.ts';
import type { QualityTarget } from '../../src/quality/quality-target.ts';
import { describeZone } from '../../src/report/describe-zone.ts';
import type { JobReport, ScoreAim } from '../../src/report/job/job-report.ts';
import { makeReport } from '../../src/report/job/make-report.ts';
import { readHistory } from '../../src/report/job/read-history.ts';
import { isMissing } from '../storage/disk-error.ts';
import { readJournal } from '../storage/journal.ts';
import type { StatePaths } from '../storage/state-paths.ts';
import { HISTORY_FILE } from './history-file.ts';
import { JOB_JOURNAL } from './job-record.ts';
import { remember } from './remember-job.ts';

type ScoreRange = ScoreAim['range'];

/**
 * The report of a job, from what a state folder holds of it: whether a daemon runs or not, and while it writes.
 * @param id a job's, or the unique beginning of one.
 * @param isLed whether a daemon runs with this state folder: a job that is not over then goes on.
 */
export async function readReport(paths: StatePaths, id: string, isLed: boolean): Promise<JobReport> {
  const job = await findJob(paths, id);
  const { journal: journalPath, history: historyPath } = paths.job(job);
  const { events } = await readJournal(journalPath, JOB_JOURNAL);
  const known = remember(job, events);
  const { events: records } = await readJournal(historyPath, HISTORY_FILE);
  if (known === null || records.length === 0) {
    throw new Error(`Nothing was recorded of job ${job}, so there is no report of it.`);
  }
  const phase: JobPhase = known.last === 'active' ? (isLed ? 'encoding' : 'stopped') : known.last;
  const keys = new Map(
    events.flatMap((event) => (event.type === 'chunk-committed' ? [[event.chunk, event.key]] : [])),
  );
  const { input, output, options } = known.request;
  const targets = [options.target, ...options.zones.map(({ target }) => target)];
  const aimed = targets.find((target) => target !== null) ?? options.allocation;
  const aim = aimed === null ? null : { metric: aimed.metric, range: rangeOf(options.target) };
  const params = events.findLast((event) => event.type === 'params-chosen')?.outcome ?? null;
  const zones = options.zones.map((zone, index) => describeZone(zone, index, options.encoder));
  const history = readHistory(records, isOver(phase) ? null : Date.now());
  return makeReport(
    { job, input, output, phase, keys, aim, params, zones, recordCount: records.length },
    history,
  );
}

function rangeOf(target: QualityTarget | null): ScoreRange {
  return target === null ? null : { least: target.least, most: target.most };
}

async function findJob({ jobs, directory }: StatePaths, id: string): Promise<string> {
  const known = await readdir(jobs).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const found = known.filter((job) => job.startsWith(id));
  const [job] = found;
  if (job !== undefined && found.length === 1) return job;
  const listed = known.join(', ') || 'none';
  throw new Error(
    `${found.length === 0 ? 'No job is' : 'Several jobs are'} called ${id} in ${directory}. The jobs there: ${listed}.`,
  );
}
