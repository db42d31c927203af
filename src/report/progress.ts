import type {
  AllocationProgress,
  JobProgress,
  JobView,
  PeerProgress,
  TrialProgress,
} from '../protocol/control-api.ts';
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from './format.ts';
import { probeWords } from './quality.ts';
import type { Style } from './style.ts';
import { alignColumns } from './table.ts';

/** Peers shown by name; a swarm of hundreds must not scroll the terminal away. */
const PEERS_SHOWN = 8;

/** Columns of the bar on a wide and on a narrow terminal. */
const BAR_COLUMNS = { min: 10, max: 40 };

/** Lines of the live block of one job, each meant for a terminal of `columns`. */
export function renderProgress(job: JobView, columns: number, style: Style): string[] {
  const { progress } = job;
  return [
    `${style.bold(baseName(job.input))} → ${baseName(job.output)}`,
    `${bar(shareOf(job), columns)} ${style.bold(formatPercent(shareOf(job)))}  ${framesOf(job)}`,
    style.dim(figuresOf(job).join(' · ')),
    ...peerLines(progress, style),
  ];
}

/** One line for where there is no terminal. */
export function renderProgressLine(job: JobView): string {
  const { progress } = job;
  const working = progress.peers.filter((peer) => peer.running > 0).length;
  const figures = [framesOf(job), formatPercent(shareOf(job)), ...figuresOf(job)];
  const measuring = progress.peers.filter((peer) => peer.isMeasuring && peer.leftOut === null).length;
  if (working > 0) figures.push(`${formatCount(working, 'peer')} at work`);
  else if (measuring > 0) figures.push(`${formatCount(measuring, 'peer')} trying the encoder first`);
  return `${baseName(job.output)}: ${figures.join(', ')}`;
}

/** Share of the job that is done, 0 to 1. Encoding is what takes the time; the rest overlaps with it. */
export function shareOf({ phase, progress, allocation, trial }: JobView): number {
  if (phase === 'done') return 1;
  // What is tried is not yet part of the film.
  if (trial !== null) return 0;
  const { frameCount } = progress;
  if (frameCount === null || frameCount === 0) return 0;
  const share = Math.min(1, doneFrames(progress, allocation) / Math.max(frameCount, progress.framesScanned));
  if (allocation === null) return share;
  return allocation.round === 0 ? SURVEY_SHARE * share : SURVEY_SHARE + (1 - SURVEY_SHARE) * share;
}

/** Of what a job with a survey encodes. */
const SURVEY_SHARE = 0.8;

function doneFrames(progress: JobProgress, allocation: AllocationProgress | null): number {
  if (allocation === null) return Math.max(progress.framesEncoded, progress.framesCommitted);
  return allocation.round === 0 ? allocation.surveyedFrames : progress.framesCommitted;
}

function framesOf({ progress, allocation, trial }: JobView): string {
  if (trial !== null) return trialWords(trial);
  const { frameCount, isFrameCountExact } = progress;
  if (frameCount === null) return formatCount(doneFrames(progress, allocation), 'frame');
  return `${doneFrames(progress, allocation)} of ${isFrameCountExact ? '' : 'about '}${formatCount(frameCount, 'frame')}`;
}

function trialWords({ isCombined, wantedCount, triedCount }: TrialProgress): string {
  const what = isCombined ? 'the best encoder options together' : 'encoder options';
  return wantedCount === 0 ? `${what} to be tried` : `${what}: ${triedCount} of ${wantedCount} tries`;
}

function figuresOf({ phase, progress, quality, budget, allocation, trial }: JobView): string[] {
  const search = quality ?? budget;
  const { encodeRate, etaSeconds, expectedBytes, chunksReused, retryCount } = progress;
  return [
    ...(phase === 'encoding' ? [] : [phase]),
    ...(encodeRate === null ? [] : [formatRate(encodeRate)]),
    // What a survey still has to try is no part of it.
    ...(etaSeconds === null || allocation !== null || trial !== null
      ? []
      : [`${formatDuration(etaSeconds)} left`]),
    ...(expectedBytes === null ? [] : [`about ${formatBytes(expectedBytes)}`]),
    ...(chunksReused === 0 ? [] : [`${formatCount(chunksReused, 'chunk')} reused`]),
    ...(search === null || search.settledCount === 0 ? [] : [probeWords(search)]),
    ...(allocation === null ? [] : [roundWords(allocation, progress)]),
    ...(retryCount === 0 ? [] : [retryCount === 1 ? '1 retry' : `${retryCount} retries`]),
    `${formatDuration(progress.elapsedSeconds)} so far`,
  ];
}

/** Until the film is decided nothing of it is done, however much was tried. */
function roundWords(
  { surveyedCount, round, probeCount }: AllocationProgress,
  { chunksFound }: JobProgress,
): string {
  if (round === 0) return `${surveyedCount} of ${formatCount(chunksFound, 'chunk')} surveyed`;
  return `decided in round ${round}, ${formatCount(probeCount, 'probe')}`;
}

function peerLines({ peers }: JobProgress, style: Style): string[] {
  const busiestFirst = [...peers].sort(
    (a, b) => Number(b.isSelf) - Number(a.isSelf) || b.running - a.running || (a.name < b.name ? -1 : 1),
  );
  const lines = alignColumns(busiestFirst.slice(0, PEERS_SHOWN).map(peerRow)).map((line) => `  ${line}`);
  const hidden = peers.length - PEERS_SHOWN;
  return [...lines, ...(hidden > 0 ? [style.dim(`  and ${formatCount(hidden, 'more peer')}`)] : [])];
}

function peerRow(peer: PeerProgress): string[] {
  const name = peer.isSelf ? `${peer.name} (this machine)` : peer.name;
  if (peer.leftOut !== null) return [name, `left out: ${peer.leftOut}`];
  if (peer.isMeasuring) return [name, 'trying its encoder with these settings'];
  return [
    name,
    `${peer.running} running`,
    peer.encodeRate === null ? '–' : formatRate(peer.encodeRate),
    `${formatCount(peer.framesDone, 'frame')} done`,
  ];
}

function bar(share: number, columns: number): string {
  const width = Math.max(BAR_COLUMNS.min, Math.min(BAR_COLUMNS.max, columns - 40));
  const filled = Math.floor(share * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

export function baseName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}
