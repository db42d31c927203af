import { renderParamOutcome } from '../encoder-params.ts';
import { formatBytes, formatCount, formatDuration, formatPercent } from '../format.ts';
import { escapeMarkup } from '../markup.ts';
import { baseName } from '../progress.ts';
import type { TimeUse } from './account.ts';
import { drawJob } from './draw-job.ts';
import type { JobReport } from './job-report.ts';
import { PAGE_STYLE } from './page-style.ts';

import { attemptTable, lossTable, manifestTable, peerTable } from './page-tables.ts';
import { plotJob } from './plot-job.ts';

/** How every page of ours begins: only such a file is written over. */
export const PAGE_MARK = '<!doctype html><!-- a report of vadeio-node -->';

/** Names what the slots did with the time, in the order in which the bar shows it. */
const USES: Readonly<Record<TimeUse, string>> = {
  useful: 'encoding what is in the output',
  wasted: 'encoding what was lost or beaten',
  beginning: 'before the first chunk',
  starting: 'machines getting ready',
  data: 'waiting for slices and first frames',
  scan: 'waiting for the scan',
  passed: 'idle though chunks waited',
  tail: 'nothing left to do at the end',
  ending: 'proof and end of the file',
};

/** A job's report as one HTML file: no script, nothing from outside. */
export function renderPage(report: JobReport): string {
  const name = escapeMarkup(baseName(report.output));
  return `${PAGE_MARK}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<h1>${name}</h1>
<p class="faint">${escapeMarkup(report.input)} → ${escapeMarkup(report.output)}</p>
<p class="faint">Job ${escapeMarkup(report.job)}, ${report.phase}. ${escapeMarkup(startWords(report))}</p>
${figures(report)}
<h2>Who encoded what, and when</h2>
<div class="wide">${drawJob(report)}</div>
${plotPart(report)}<h2>What cost time</h2>
${lossTable(report)}
<h2>What the slots did with the time</h2>
${useBar(report)}
<h2>Machines</h2>
<div class="wide">${peerTable(report)}</div>
<h2>Retries and backups</h2>
${attemptTable(report)}
${paramPart(report)}${zoneList(report)}<details><summary>Who made which chunk</summary>
<div class="wide">${manifestTable(report)}</div>
</details>
${explanation(report)}
</body>
</html>
`;
}

function plotPart(report: JobReport): string {
  const plot = plotJob(report);
  return plot === null ? '' : `<h2>What came out</h2>\n<div class="wide">${plot}</div>\n`;
}

function paramPart({ params }: JobReport): string {
  if (params === null) return '';
  const [words = '', ...rows] = renderParamOutcome(params).map(escapeMarkup);
  return `<h2>Encoder options</h2>\n<p>${words}</p>\n<div class="wide"><pre>${rows.join('\n')}</pre></div>\n`;
}

function zoneList({ zones }: JobReport): string {
  if (zones.length === 0) return '';
  const items = zones.map((zone) => `<li>${escapeMarkup(zone)}</li>`);
  return `<details><summary>Zones</summary><ul>${items.join('')}</ul></details>\n`;
}

function startWords({ runs, version }: JobReport): string {
  const [first] = runs;
  if (first === undefined) return '';
  const seconds = Math.floor(first.beganEpochMs / 1000) + first.utcOffsetMinutes * 60;
  const clock = [(seconds / 3600) % 24, (seconds / 60) % 60].map((part) =>
    String(Math.floor(part)).padStart(2, '0'),
  );
  const times = runs.slice(0, -1).filter(({ end }) => end !== 'options-tried').length;
  const resumed = times === 0 ? '' : `, resumed ${times === 1 ? 'once' : `${times} times`}`;
  return `Submitted at ${clock.join(':')}${resumed}, led by vadeio-node ${version}.`;
}

function figures(report: JobReport): string {
  const { efficiency, peers, manifest, bytes, wastedShare, makespanSeconds } = report;
  const frameCount = manifest.at(-1)?.endFrame ?? 0;
  const worked = peers.filter(({ chunkCount }) => chunkCount > 0).length;
  const shown: [string, string][] = [
    [formatDuration(makespanSeconds), report.phase === 'done' ? 'from submit to end' : 'so far'],
    [efficiency === null ? '–' : efficiency.toFixed(3), 'efficiency E, of 1'],
    [String(worked), worked === 1 ? 'machine encoded' : 'machines encoded'],
    [String(manifest.length), `chunks, ${formatCount(frameCount, 'frame')}`],
    [formatBytes(bytes.sentSlices), 'slices sent'],
    [formatBytes(bytes.fetchedResults), 'results fetched'],
    [formatPercent(wastedShare), 'of the encoding wasted'],
  ];
  const cells = shown.map(
    ([value, meaning]) => `<div><b>${value}</b><span class="faint">${meaning}</span></div>`,
  );
  return `<div class="figures">${cells.join('')}</div>`;
}

function useBar({ timeUse, makespanSeconds }: JobReport): string {
  const shares = (Object.keys(USES) as TimeUse[])
    .map((use) => ({ use, share: makespanSeconds > 0 ? timeUse[use] / makespanSeconds : 0 }))
    .filter(({ share }) => share >= 0.0005);
  const bars = shares.map(
    ({ use, share }) =>
      `<span style="flex:${share.toFixed(4)};background:var(--${use})" title="${USES[use]}"></span>`,
  );
  const keys = shares.map(
    ({ use, share }) =>
      `<span><i style="background:var(--${use})"></i>${USES[use]} <span class="faint">${formatPercent(share)}</span></span>`,
  );
  return `<div class="use">${bars.join('')}</div><div class="keys">${keys.join('')}</div>`;
}

function explanation({ isComplete }: JobReport): string {
  const cut = isComplete ? '' : '<p>So much happened that the end was not recorded.</p>';
  return `<h2>How it is measured</h2>
${cut}<p class="faint">E is the earliest moment at which the job could have ended, divided by the moment at which it did. The bound knows
when each chunk was found, what each took to encode, what every machine's slots did in a second, and when machines came and went;
it may stop, move and share out work at will, and it pays the quickest proof and the end of the file. Sending takes no time in it.
Each moment of the job is shared among the slots there were, by their speeds: that is how slot time becomes time of the job.
Seconds of an absence are what the machine would have taken off the others.</p>`;
}
