import { isProgram } from '../encoder/encoder-definition.ts';
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
  const passes = Array.from({ length: settings.passes }, (_, i) => i + 1);
  return [
    style.bold(`${input} → ${output}`),
    ...notes.map((note) => `  ${note}`),
    `  ${describeCuts(options)}`,
    ...passes.map((pass) => {
      const which = passes.length === 1 ? '' : `, pass ${pass}`;
      const quality = isSearched(options) ? ', at a CRF of its own' : '';
      return `  Each chunk${which}${quality}: ${commandOf(settings, pass, isSearched(options))}`;
    }),
  ];
}

/** @param isSearched the quality is left out, or is three dots where it has no name. */
function commandOf(settings: EncodeSettings, pass: number, isSearched: boolean): string {
  const { engine, quality } = encoderOf(settings.encoder);
  const run = { settings, threads: ENCODER_THREADS, pass, statsPath: 'STATS' };
  if (!isProgram(engine)) {
    const pairs = Object.entries(engine.options(run)).filter(([key]) => !isSearched || key !== 'crf');
    return [engine.library, ...pairs.map(([key, value]) => `${key}=${value}`)].join(' ');
  }
  const atOther = (value: number): readonly string[] =>
    engine.args({ ...run, settings: { ...settings, rate: { type: 'quality', value } } }, 'OUTPUT');
  const [best, worst] = [atOther(quality.min), atOther(quality.max)];
  const args = engine.args(run, 'OUTPUT').map((arg, i) => (isSearched && best[i] !== worst[i] ? '...' : arg));
  return [engine.commands[0], ...args].join(' ');
}

function describeCuts({ cuts, forcedKeyframes, minSceneSeconds, maxSceneSeconds }: JobOptions): string {
  const from =
    cuts === null ? 'at the shots that are found while it is decoded' : `at ${cuts.length} given cuts`;
  const forced = forcedKeyframes.length === 0 ? '' : `, and at ${forcedKeyframes.join(', ')}`;
  return `Cut ${from}, into chunks of ${minSceneSeconds} to ${maxSceneSeconds} s${forced}.`;
}
