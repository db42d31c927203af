import { METRICS } from '../../quality/metric.ts';
import { renderParamOutcome } from '../encoder-params.ts';
import { formatBytes } from '../format.ts';
import { alignColumns } from '../table.ts';
import type { JobReport } from './job-report.ts';
import { choiceCells } from './page-tables.ts';

/** What was chosen for the encoder and for each chunk, as lines: of a job of which nothing but its records is left. */
export function renderChoices({ manifest, params, aim }: JobReport): string[] {
  const options = params === null ? [] : renderParamOutcome(params);
  if (manifest.every(({ choice }) => choice === null)) return options;
  const score = aim === null ? 'SCORE' : METRICS[aim.metric].title;
  const rows = manifest.map(({ chunk, bytes, choice }) => {
    const [crf = '', reached = '', probes = ''] = choiceCells(choice);
    return [String(chunk), crf, reached, formatBytes(bytes), probes];
  });
  return [...options, ...alignColumns([['CHUNK', 'CRF', score, 'SIZE', 'PROBES'], ...rows])];
}
