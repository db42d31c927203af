import { describeSettings } from '../encoder/describe-settings.ts';
import {
  type CacheView,
  isOver,
  type JobView,
  type PeerView,
  type StatusView,
} from '../protocol/control-api.ts';
import { moreUrgentFirst, priorityWord } from '../schedule/priority.ts';
import { describeAllocation, renderAllocatedChunks } from './allocation.ts';
import { formatBytes, formatCount, formatDuration, formatPercent } from './format.ts';
import { metByWords } from './met-by.ts';
import { baseName, renderProgress, shareOf } from './progress.ts';
import { describeTarget, renderChunkQualities } from './quality.ts';
import type { Style } from './style.ts';
import { renderSummary } from './summary.ts';
import { alignColumns } from './table.ts';
import { sleepRow, workRow } from './work.ts';

/** What a daemon is and does, as `status` prints it. */
export function renderStatus(status: StatusView, style: Style): string[] {
  const { slots, areSlotsAuto, slotsRunning, leftOut, peers, jobs } = status;
  return [
    style.bold(`${status.name} (vadeio-node ${status.version})`),
    ...alignColumns([
      ['peer id', status.id],
      ['swarm', status.swarm],
      ['addresses', status.addresses.join(', ')],
      ['slots', `${slotsRunning} of ${slots} at work${areSlotsAuto ? ' (auto)' : ''}`],
      ['work', workRow(status.work)],
      ...leftOut.map(({ job, reason }) => ['left out', `of job ${job}: ${reason}`]),
      ['sleep', sleepRow(status.sleep)],
      ['encoders', status.encoders.join(', ')],
      ['state', status.stateDirectory],
      ['up', formatDuration(status.uptimeSeconds)],
    ]).map((line) => `  ${line}`),
    '',
    ...renderPeers(peers),
    '',
    ...renderJobs(jobs),
  ];
}

/** One line a peer, and below it why it was refused, or gets no work of a job. */
export function renderPeers(peers: readonly PeerView[]): string[] {
  if (peers.length === 0) return ['No other machine was met yet.'];
  const [head = '', ...rows] = alignColumns([
    ['NAME', 'STATE', 'SLOTS', 'VERSION', 'MET BY', 'ADDRESS'],
    ...peers.map((peer) => [
      peer.name,
      peer.state,
      `${peer.running}/${peer.slots}`,
      peer.version,
      metByWords(peer.metBy),
      peer.addresses.join(' '),
    ]),
  ]);
  return [head, ...peers.flatMap((peer, row) => [rows[row] ?? '', ...whyNoWork(peer)])];
}

function whyNoWork({ reason, leftOut }: PeerView): string[] {
  return [
    ...(reason === null ? [] : [reason]),
    ...leftOut.map(({ job, reason: why }) => `left out of job ${job}: ${why}`),
  ].map((sentence) => `  ${sentence}`);
}

/** One line a job: first those that are over, then the others in the order in which they get work. */
export function renderJobs(jobs: readonly JobView[]): string[] {
  if (jobs.length === 0) return ['No jobs.'];
  const over = jobs.filter((job) => isOver(job.phase));
  const queue = jobs.filter((job) => !isOver(job.phase)).sort(moreUrgentFirst);
  return alignColumns([
    ['ID', 'PHASE', 'PRIORITY', 'DONE', 'INPUT', 'OUTPUT'],
    ...[...over, ...queue].map((job) => [
      job.id,
      job.phase,
      priorityWord(job.priority),
      doneCell(job),
      baseName(job.input),
      job.error ?? job.output,
    ]),
  ]);
}

/** Of a job that is over and told from its journal alone it is not known how far it was. */
function doneCell(job: JobView): string {
  const isUnknown = isOver(job.phase) && job.phase !== 'done' && job.progress.frameCount === null;
  return isUnknown ? '–' : formatPercent(shareOf(job));
}

/** One job in full. */
export function renderJob(job: JobView, columns: number, style: Style): string[] {
  const { settings, quality, phase } = job;
  const facts = [
    ['job', job.id],
    ['phase', phase],
    ['priority', priorityWord(job.priority)],
    ['input', job.input],
    ['output', job.output],
    ...(settings === null
      ? []
      : [
          [
            'encoder',
            describeSettings(settings, quality !== null || job.budget !== null || job.allocation !== null),
          ],
        ]),
    ...(quality === null ? [] : [['target', describeTarget(quality.target)]]),
    ...(job.allocation === null ? [] : [['target', describeAllocation(job.allocation.allocation)]]),
  ];
  const outcome = isOver(phase) ? renderSummary(job, style) : renderProgress(job, columns, style);
  const chunks = [...renderChunkQualities(job), ...renderAllocatedChunks(job)];
  return [
    ...alignColumns(facts),
    ...job.notes,
    '',
    ...outcome,
    ...(chunks.length > 0 ? ['', ...chunks] : []),
  ];
}

export function renderCache(cache: CacheView): string[] {
  return [
    `${formatBytes(cache.bytes)} of ${formatBytes(cache.limitBytes)}: ${formatCount(cache.chunkCount, 'chunk')}, ${formatCount(cache.scanCount, 'scan')} in ${cache.directory}`,
  ];
}
