import { isProgram } from '../encoder/encoder-definition.ts';
import { encoderOf } from '../encoder/encoders.ts';
import type { EncodeSettings } from '../encoder/settings.ts';
import { ENCODER_THREADS } from '../encoder/threads.ts';
import { isSearched, type JobOptions } from '../protocol/control-api.ts';
import { type CodingVariant, inVariant, variantIndex } from '../zones/coding-variants.ts';
import type { Style } from './style.ts';

/** What a job would do, as far as it is decided before the first frame is decoded. */
export interface DryRun {
  readonly input: string;
  readonly output: string;
  readonly notes: readonly string[];
  readonly settings: EncodeSettings;
  readonly variants: readonly CodingVariant[];
  readonly options: JobOptions;
}

/** Every choice and every option that the encoder would be given. */
export function renderDryRun(
  { input, output, notes, settings, variants, options }: DryRun,
  style: Style,
): string[] {
  return [
    style.bold(`${input} → ${output}`),
    ...notes.map((note) => `  ${note}`),
    `  ${describeCuts(options)}`,
    ...commandsOf('Each chunk', settings, isSearched(options)),
    ...zoneCommands({ settings, variants, options }),
  ];
}

/** Of zones that are encoded in a way of their own. */
function zoneCommands({
  settings,
  variants,
  options,
}: Pick<DryRun, 'settings' | 'variants' | 'options'>): string[] {
  return options.zones.flatMap((zone, place) => {
    const { crf, target } = zone;
    const variant = variantIndex(zone, settings, variants);
    if (crf === null && target === null && variant === null) return [];
    const which = `Each chunk of zone ${place + 1}`;
    const own = inVariant(settings, variants, variant);
    if (crf === null) return commandsOf(which, own, target !== null || isSearched(options));
    return commandsOf(which, { ...own, rate: { type: 'quality', value: crf } }, false);
  });
}

/** One line a pass. */
function commandsOf(which: string, settings: EncodeSettings, isSearched: boolean): string[] {
  const quality = isSearched ? ', at a CRF of its own' : '';
  return Array.from({ length: settings.passes }, (_, i) => {
    const pass = settings.passes === 1 ? '' : `, pass ${i + 1}`;
    return `  ${which}${pass}${quality}: ${commandOf(settings, i + 1, isSearched)}`;
  });
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
