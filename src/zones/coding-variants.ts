import { checkSettings } from '../encoder/check-settings.ts';
import { canonicalJson } from '../encoder/chunk-identity.ts';
import { encoderOf } from '../encoder/encoders.ts';
import type { EncodeSettings } from '../encoder/settings.ts';
import type { Zone } from './zone.ts';

/** What zones change of a job's settings, but for the CRF, which every lease names by itself. */
export type CodingVariant = Pick<EncodeSettings, 'preset' | 'grain' | 'params'>;

/**
 * Each is measured on every peer before it gets work (invariant 8), and all are told in one message. Zones that differ
 * by their CRF or their target alone need none.
 */
export const MAX_VARIANTS = 8;

/** How a zone is encoded; null where only its CRF or nothing differs from the job's settings. */
export function variantOf(zone: Zone | null, settings: EncodeSettings): CodingVariant | null {
  if (zone === null) return null;
  const { preset, grain, params } = settings;
  const variant: CodingVariant = {
    preset: zone.preset ?? preset,
    grain: zone.grain ?? grain,
    params: zone.params ?? params,
  };
  return canonicalJson(variant) === canonicalJson({ preset, grain, params }) ? null : variant;
}

/** All variants of a job, each once, in the order of its zones. Throws a sentence when a file cannot hold them. */
export function variantsOf(zones: readonly Zone[], settings: EncodeSettings): readonly CodingVariant[] {
  const variants = new Map<string, CodingVariant>();
  for (const zone of zones) {
    const variant = variantOf(zone, settings);
    if (variant !== null) variants.set(canonicalJson(variant), variant);
  }
  const { title, codec } = encoderOf(settings.encoder);
  if (variants.size > 0 && codec !== 'av1') {
    // Players, and the muxer of MP4, take parameter sets from the beginning of such a file alone.
    throw new Error(
      `A zone of ${title} may have a CRF or a score of its own and nothing else: its file has one header, which presets and parameters change. Only AV1 takes a new one in mid-film.`,
    );
  }
  if (variants.size <= MAX_VARIANTS) return [...variants.values()];
  throw new Error(
    `The zones have ${variants.size} combinations of preset, grain and encoder parameters, at most ${MAX_VARIANTS} are taken; as many CRFs and targets as you like.`,
  );
}

/** The position of a zone's variant in the job's list; null: the job's own settings. */
export function variantIndex(
  zone: Zone | null,
  settings: EncodeSettings,
  variants: readonly CodingVariant[],
): number | null {
  const variant = variantOf(zone, settings);
  if (variant === null) return null;
  const text = canonicalJson(variant);
  const index = variants.findIndex((known) => canonicalJson(known) === text);
  if (index === -1) throw new Error('a zone has settings that its job does not list');
  return index;
}

/** A job's settings in one of its variants. Throws a sentence when there is none such, or the encoder does not take it. */
export function inVariant(
  settings: EncodeSettings,
  variants: readonly CodingVariant[],
  index: number | null,
): EncodeSettings {
  if (index === null) return settings;
  const variant = variants[index];
  if (variant === undefined) {
    throw new Error(`The job has ${variants.length} variants of its settings, variant ${index} was named.`);
  }
  const changed: EncodeSettings = { ...settings, ...variant };
  checkSettings(changed);
  return changed;
}
