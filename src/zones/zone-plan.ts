import type { EncodeSettings } from '../encoder/settings.ts';
import { type CodingVariant, inVariant, variantIndex } from './coding-variants.ts';
import { type FilmMoment, type Zone, zoneAt } from './zone.ts';

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

  constructor(zones: readonly Zone[], variants: readonly CodingVariant[], settings: EncodeSettings) {
    this.#zones = zones;
    this.#variants = variants;
    this.#settings = settings;
  }

  /** @param first the chunk's first frame. */
  codingOf(first: FilmMoment): ChunkCoding {
    const settings = this.#settings;
    const number = zoneAt(this.#zones, first);
    const zone = number === null ? null : (this.#zones[number] ?? null);
    const variant = variantIndex(zone, settings, this.#variants);
    const changed = inVariant(settings, this.#variants, variant);
    const crf = zone?.crf ?? null;
    return {
      ...{ zone: number, variant, crf },
      settings: crf === null ? changed : { ...changed, rate: { type: 'quality', value: crf } },
    };
  }
}
