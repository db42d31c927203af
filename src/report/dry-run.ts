import { encoderOf } from '../encoder/encoders.ts';
import type { EncodeSettings } from '../encoder/settings.ts';
import { ENCODER_THREADS } from '../encoder/threads.ts';
import { isSearched, type JobOptions } from '../protocol/control-api.ts';
import type { Style } from './style.ts';

/** What a job would do, as far as it is decided before the first frame is decoded. */
export interface DryRun {
  readonly input: string;
  readonly output: string;
  readonly notes: readonly string[];
  readonly settings: EncodeSettings;
  readonly options: JobOptions;
}

/** Every choice and every option that the encoder would be given. */
export function renderDryRun({ input, output, notes, settings, options }: DryRun, style: Style): string[] {
  const { engine } = encoderOf(settings.encoder);
  const passes = Array.from({ length: settings.passes }, (_, i) => i + 1);
  return [
    style.bold(`${input} → ${output}`),
    ...notes.map((note) => `  ${note}`),
    `  ${describeCuts(options)}`,
    ...passes.map((pass) => {
      const run = { settings, threads: ENCODER_THREADS, pass, statsPath: 'STATS' };
      const pairs = Object.entries(engine.options(run))
        .filter(([key]) => !isSearched(options) || key !== 'crf')
        .map(([key, value]) => `${key}=${value}`);
      const which = passes.length === 1 ? '' : `, pass ${pass}`;
      const quality = isSearched(options) ? ', at a CRF of its own' : '';
      return `  Each chunk${which}${quality}: ${engine.library} ${pairs.join(' ')}`;
    }),
  ];
}

function describeCuts({ cuts, forcedKeyframes, minSceneSeconds, maxSceneSeconds }: JobOptions): string {
  const from =
    cuts === null ? 'at the shots that are found while it is decoded' : `at ${cuts.length} given cuts`;
  const forced = forcedKeyframes.length === 0 ? '' : `, and at ${forcedKeyframes.join(', ')}`;
  return `Cut ${from}, into chunks of ${minSceneSeconds} to ${maxSceneSeconds} s${forced}.`;
}
