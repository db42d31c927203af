import type { EncodeSettings } from '../../src/encoder/settings.ts';
import type { Rational } from '../../src/media/rational.ts';
import { type CodingVariant, inVariant, variantIndex } from '../../src/zones/coding-variants.ts';
import { type FilmMoment, type Zone, zoneAt } from '../../src/zones/zone.ts';
import type { ScanFiles } from '../storage/scan-files.ts';

/** How one chunk is encoded, as its zone says. */
export interface ChunkCoding {
  /** Position in the job's list; null: it lies in none. */
  readonly zone: number | null;
  readonly variant: number | null;
  /** The job's, with all that its zone changes. */
  readonly settings: EncodeSettings;
  /** Its zone's; null: none is named. */
  readonly crf: number | null;
}

/** How a job's zones bear on its chunks. Zones' bounds are cuts, so a chunk lies in one zone as a whole. */
export class ZonePlan {
  readonly #zones: readonly Zone[];
  readonly #settings: EncodeSettings;
  readonly #variants: readonly CodingVariant[];
  readonly #timeBase: Rational;

  constructor(
    zones: readonly Zone[],
    variants: readonly CodingVariant[],
    settings: EncodeSettings,
    timeBase: Rational,
  ) {
    this.#zones = zones;
    this.#variants = variants;
    this.#settings = settings;
    this.#timeBase = timeBase;
  }

  /** @param files of the scan that found the chunk. */
  async codingOf(startFrame: number, files: ScanFiles): Promise<ChunkCoding> {
    const settings = this.#settings;
    if (this.#zones.length === 0) return { zone: null, variant: null, settings, crf: null };
    const number = zoneAt(this.#zones, await this.#momentOf(startFrame, files));
    const zone = number === null ? null : (this.#zones[number] ?? null);
    const variant = variantIndex(zone, settings, this.#variants);
    const changed = inVariant(settings, this.#variants, variant);
    const crf = zone?.crf ?? null;
    return {
      ...{ zone: number, variant, crf },
      settings: crf === null ? changed : { ...changed, rate: { type: 'quality', value: crf } },
    };
  }

  async #momentOf(frame: number, files: ScanFiles): Promise<FilmMoment> {
    const [first] = await files.frames(0, 1);
    const [shown] = await files.frames(frame, frame + 1);
    const ticks = Number((shown?.pts ?? 0n) - (first?.pts ?? 0n));
    return { frame, seconds: (ticks * this.#timeBase.num) / this.#timeBase.den };
  }
}
