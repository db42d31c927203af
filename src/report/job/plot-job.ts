import { codedBytes } from '../../encoder/ivf.ts';
import { formatScore, METRICS } from '../../quality/metric.ts';
import { drawPlot, type PlotPanel, type PlotStep } from '../draw-plot.ts';
import { formatBytes, formatClock } from '../format.ts';
import type { JobReport, ManifestEntry } from './job-report.ts';

/** A chunk whose time is known. */
type Shown = ManifestEntry & { readonly shownSeconds: { readonly from: number; readonly until: number } };

/** Score and bitrate over the film's time, with its cuts and zones. null where nothing of it is known. */
export function plotJob(report: JobReport): string | null {
  const shown = report.manifest.filter((entry): entry is Shown => entry.shownSeconds !== null);
  const made = shown.filter(({ bytes, shownSeconds: { from, until } }) => bytes > 0 && until > from);
  if (made.length === 0) return null;
  const scores = scorePanel(report, made);
  return drawPlot({
    endSeconds: Math.max(...shown.map(({ shownSeconds }) => shownSeconds.until)),
    cuts: shown.map(({ shownSeconds }) => shownSeconds.from),
    parts: shown.flatMap(({ zone, shownSeconds }) =>
      zone === null ? [] : [{ ...shownSeconds, words: report.zones[zone] ?? '' }],
    ),
    panels: [...(scores === null ? [] : [scores]), ratePanel(report, made)],
  });
}

/** What the colours behind the values mean. */
function keysOf({ aim, zones }: JobReport): string {
  const keys = [
    ...(aim?.range == null ? [] : ['green: what was aimed at']),
    ...(zones.length === 0 ? [] : ['yellow: zones']),
  ];
  return keys.length === 0 ? '' : ` (${keys.join(', ')})`;
}

function scorePanel(report: JobReport, made: readonly Shown[]): PlotPanel | null {
  const { aim } = report;
  if (aim === null) return null;
  const steps = made.flatMap((entry): PlotStep[] => {
    const score = entry.choice?.score ?? null;
    if (score === null) return [];
    const words = `${formatScore(aim.metric, score)} at CRF ${entry.choice?.quality}`;
    return [{ ...entry.shownSeconds, value: score, words: `${chunkWords(entry)}: ${words}` }];
  });
  if (steps.length === 0) return null;
  const { title, unit } = METRICS[aim.metric];
  return {
    ...{ steps, band: aim.range, isFromZero: false },
    title: `${unit === '' ? title : `${title}, ${unit}`}, of each chunk${keysOf(report)}`,
  };
}

function ratePanel(report: JobReport, made: readonly Shown[]): PlotPanel {
  const steps = made.map((entry): PlotStep => {
    const { from, until } = entry.shownSeconds;
    const bytes = codedBytes(entry.bytes, entry.endFrame - entry.startFrame);
    const kbps = (bytes * 8) / 1000 / (until - from);
    const words = `${chunkWords(entry)}: ${kbps.toFixed(0)} kb/s, ${formatBytes(bytes)}`;
    return { from, until, value: kbps, words };
  });
  const keys = report.zones.length === 0 ? '' : ' (yellow: zones)';
  return { title: `Bitrate of the video, kb/s, of each chunk${keys}`, steps, band: null, isFromZero: true };
}

function chunkWords({ chunk, startFrame, endFrame, shownSeconds }: Shown): string {
  return `Chunk ${chunk}, frames ${startFrame} to ${endFrame - 1}, at ${formatClock(shownSeconds.from)}`;
}
