import type { ChosenQuality } from '../../schedule/leader/events.ts';
import { formatBytes, formatDuration, formatPercent } from '../format.ts';
import { escapeMarkup } from '../markup.ts';
import type { AttemptReport, JobReport } from './job-report.ts';

/** Rows of retries that are shown; a job that has more is in trouble anyway, and the JSON has them all. */
const ATTEMPTS_SHOWN = 500;

/** Of a digest: enough to tell builds and results apart. */
const DIGEST_SHOWN = 12;

/** A column's heading; `n` is one of numbers. */
type Column = string | { readonly n: string };

export function lossTable({ losses }: JobReport): string {
  if (losses.length === 0) return '<p>Nothing that could be measured.</p>';
  return table(
    ['What', { n: 'Time' }],
    losses.map(({ kind, words, seconds }) => [
      `${escapeMarkup(words)}${kind === 'away' ? ' <span class="faint">(not counted as time of the job)</span>' : ''}`,
      formatDuration(seconds),
    ]),
  );
}

/** Speeds are told relative to the fastest slot. */
export function peerTable({ peers }: JobReport): string {
  const fastest = Math.max(...peers.map(({ speed }) => speed ?? 0));
  const frames = peers.reduce((sum, { frameCount }) => sum + frameCount, 0);
  return table(
    [
      ...(['Machine', { n: 'Slots' }, { n: 'Speed of a slot' }, { n: 'Chunks' }, { n: 'Frames' }] as const),
      ...([{ n: 'Share' }, { n: 'Busy' }, { n: 'Sent' }, { n: 'Fetched' }, 'Encoder', 'Build'] as const),
    ],
    peers.map((peer) => [
      `${escapeMarkup(peer.name)}${peer.isLeader ? ' <span class="faint">(leader)</span>' : ''}`,
      String(peer.mostSlots),
      peer.speed === null ? '–' : `× ${(peer.speed / fastest).toFixed(2)}`,
      String(peer.chunkCount),
      String(peer.frameCount),
      formatPercent(frames > 0 ? peer.frameCount / frames : 0),
      peer.slotSeconds > 0 ? formatPercent(peer.busySeconds / peer.slotSeconds) : '–',
      peer.isLeader ? '–' : formatBytes(peer.sentBytes),
      peer.isLeader ? '–' : formatBytes(peer.resultBytes),
      escapeMarkup(peer.unavailable ?? peer.encoder),
      digest(peer.build),
    ]),
  );
}

/** All attempts that are worth a word: those that were not kept, and backups. */
export function attemptTable(report: JobReport): string {
  const told = report.attempts.filter(isTold);
  if (told.length === 0) return '<p>None.</p>';
  const hidden = told.length - ATTEMPTS_SHOWN;
  const more = hidden > 0 ? `<p class="faint">And ${hidden} more: the JSON has them all.</p>` : '';
  const names = new Map(report.peers.map(({ id, name }) => [id, name]));
  const rows = told
    .slice(0, ATTEMPTS_SHOWN)
    .map((attempt) => [
      formatDuration(attempt.grantedSeconds),
      String(attempt.chunk),
      escapeMarkup(names.get(attempt.peer) ?? attempt.peer),
      `${attempt.outcome}${attempt.isBackup ? ' (backup)' : ''}`,
      attempt.startedSeconds === null
        ? 'not begun'
        : formatDuration((attempt.encodedSeconds ?? attempt.endedSeconds) - attempt.startedSeconds),
      escapeMarkup(attempt.words),
    ]);
  return (
    table([{ n: 'Leased at' }, { n: 'Chunk' }, 'Machine', 'Outcome', { n: 'Encoded for' }, 'Reason'], rows) +
    more
  );
}

function isTold({ outcome, isBackup }: AttemptReport): boolean {
  return isBackup || (outcome !== 'kept' && outcome !== 'probe' && outcome !== 'running');
}

export function manifestTable({ manifest, peers }: JobReport): string {
  const names = new Map(peers.map(({ id, name }) => [id, name]));
  const isChosen = manifest.some(({ choice }) => choice !== null);
  const hasZones = manifest.some(({ zone }) => zone !== null);
  const zoned: Column[] = hasZones ? [{ n: 'Zone' }] : [];
  const chosen: Column[] = isChosen ? [{ n: 'CRF' }, { n: 'Score' }, { n: 'Probes' }] : [];
  return table(
    [
      { n: 'Chunk' },
      { n: 'Frames' },
      { n: 'Bytes' },
      ...zoned,
      ...chosen,
      'Machine',
      'Encoder',
      'Build',
      'Result',
    ],
    manifest.map((entry) => [
      String(entry.chunk),
      `${entry.startFrame}–${entry.endFrame - 1}`,
      formatBytes(entry.bytes),
      ...(hasZones ? [entry.zone === null ? '–' : String(entry.zone + 1)] : []),
      ...(isChosen ? choiceCells(entry.choice) : []),
      escapeMarkup(makerOf(entry.madeBy, entry.peer === null ? '' : (names.get(entry.peer) ?? entry.peer))),
      escapeMarkup(entry.encoder ?? '–'),
      digest(entry.build ?? ''),
      digest(entry.key ?? ''),
    ]),
  );
}

/** CRF, score and number of tries. */
export function choiceCells(choice: ChosenQuality | null): string[] {
  if (choice === null) return ['–', '–', '–'];
  const { quality, insteadOf } = choice;
  const crf = insteadOf === undefined ? String(quality) : `${quality} (${insteadOf} spoils a picture)`;
  return [crf, choice.score?.toFixed(2) ?? '–', String(choice.probeCount)];
}

function makerOf(madeBy: 'peer' | 'cache' | null, name: string): string {
  if (madeBy === 'cache') return 'in the cache before';
  return madeBy === null ? 'not encoded yet' : name;
}

function digest(text: string): string {
  return text === ''
    ? '–'
    : `<code title="${escapeMarkup(text)}">${escapeMarkup(text.slice(0, DIGEST_SHOWN))}</code>`;
}

/** Cells are markup already. */
function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const classes = columns.map((column) => (typeof column === 'string' ? '' : ' class="n"'));
  const head = columns.map(
    (column, i) => `<th${classes[i]}>${typeof column === 'string' ? column : column.n}</th>`,
  );
  const body = rows.map(
    (row) => `<tr>${row.map((cell, i) => `<td${classes[i]}>${cell}</td>`).join('')}</tr>`,
  );
  return `<table><thead><tr>${head.join('')}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>`;
}
