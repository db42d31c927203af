import { encoderOf } from '../../src/encoder/encoders.ts';
import type { JobOptions } from '../../src/protocol/control-api.ts';
import { parseZones } from '../../src/zones/parse-zones.ts';
import type { Zone } from '../../src/zones/zone.ts';
import { sentenceOf } from '../sentence.ts';
import { type Aims, type QualityFlags, targetOf } from './quality-flags.ts';
import { UsageError } from './shell.ts';

/** The zones of a film whose other flags are these. Throws a UsageError. */
export function zonesOf(
  text: string,
  flags: QualityFlags & { readonly crf?: number },
  {
    encoder: name,
    encoderParams: params,
    target,
    budget,
    ladder,
    allocation,
  }: Pick<JobOptions, 'encoder' | 'encoderParams' | keyof Aims>,
): Zone[] {
  const encoder = encoderOf(name);
  // A score of a zone is pooled, searched and tolerated as the film's would be.
  const { crf: _, vmaf: __, target: ___, bitrate: ____, targetSize: _____, ...details } = flags;
  const readTarget = (wanted: string) => {
    const read = targetOf({ ...details, target: wanted }, encoder);
    if (read === null) throw new Error(`"${wanted}" is no target.`);
    return read;
  };
  try {
    const zones = parseZones(text, { name, encoder, params, readTarget });
    checkAims(zones, { target, budget, ladder, allocation });
    return zones;
  } catch (error) {
    throw new UsageError(`The zones file is not understood. ${sentenceOf(error)}`);
  }
}

function checkAims(zones: readonly Zone[], { target, budget, ladder, allocation }: Aims): void {
  const aimed = zones.findIndex(({ crf, target }) => crf !== null || target !== null);
  if (budget !== null && aimed !== -1) {
    throw new Error(
      `Zone ${aimed + 1} has a CRF or a score of its own, while --bitrate or --target-size gives every chunk the CRF that the film’s size needs; leave out one of both.`,
    );
  }
  if ((ladder !== null || allocation !== null) && aimed !== -1) {
    throw new Error(
      `Zone ${aimed + 1} has a CRF or a score of its own, while the CRFs of all chunks are decided together; leave out one of both.`,
    );
  }
  const metrics = new Set([target, ...zones.map((zone) => zone.target)].map((one) => one?.metric ?? null));
  metrics.delete(null);
  if (metrics.size > 1) {
    throw new Error(`Scores by ${[...metrics].join(' and ')} are aimed at; one job measures by one metric.`);
  }
}
