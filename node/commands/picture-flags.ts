import type { Command } from 'commander';
import { TONE_CURVES, type ToneCurve } from '../../src/picture/filters/tonemap.ts';
import { parseFilters } from '../../src/picture/parse-filters.ts';
import { parseScale } from '../../src/picture/parse-scale.ts';
import type { FilterName, PictureFilter } from '../../src/picture/picture-filters.ts';
import {
  DENOISE_LEVELS,
  type DenoiseLevel,
  type PictureWishes,
  type ScaleWish,
} from '../../src/picture/plan-filters.ts';
import { addSwitch, addValue, oneOf } from './flags.ts';
import { UsageError } from './shell.ts';

/** Values of the flags as commander gives them. */
export interface PictureFlags {
  readonly autocrop: boolean;
  readonly cropOverride?: readonly PictureFilter[];
  readonly scale?: ScaleWish;
  readonly denoise?: DenoiseLevel | 'no';
  readonly deinterlace?: 'auto' | 'no';
  readonly tonemap?: ToneCurve | 'no';
}

/** Flags that say what is done to the picture before it is encoded. */
export function addPictureFlags(command: Command): void {
  addSwitch(command, 'autocrop', false, 'cut black bars off, seen at places all over the film');
  addValue(
    command,
    '--crop-override <filters>',
    'filters of your own, in the words of FFmpeg: crop=1920:800:0:140, or several joined by commas',
    parseFilters,
  );
  addValue(command, '--scale <size>', 'encode at 1280x720, 1280x-2 or 720p (default: as it is)', parseScale);
  addValue(
    command,
    '--denoise <level>',
    `take noise away: ${DENOISE_LEVELS.join(', ')} or no (default: no)`,
    oneOf([...DENOISE_LEVELS, 'no'] as const),
  );
  addValue(
    command,
    '--deinterlace <when>',
    'auto: an interlaced source becomes progressive; no: it stays as it is (default: auto)',
    oneOf(['auto', 'no'] as const),
  );
  addValue(
    command,
    '--tonemap <curve>',
    `from HDR to SDR by ${TONE_CURVES.join(', ')}, or no (default: no)`,
    oneOf([...TONE_CURVES, 'no'] as const),
  );
}

/** What the flags ask for. Throws a UsageError when they contradict each other. */
export function pictureWishesOf(flags: PictureFlags): PictureWishes {
  const { autocrop, cropOverride: filters = [], scale = null, deinterlace = 'auto' } = flags;
  const { denoise = 'no', tonemap = 'no' } = flags;
  refuseBoth(autocrop, '--autocrop', filters, 'crop');
  refuseBoth(scale !== null, '--scale', filters, 'scale');
  refuseBoth(tonemap !== 'no', '--tonemap', filters, 'tonemap');
  return {
    filters,
    autocrop,
    scale,
    denoise: denoise === 'no' ? null : denoise,
    deinterlace,
    tonemap: tonemap === 'no' ? null : tonemap,
  };
}

function refuseBoth(
  isGiven: boolean,
  flag: string,
  filters: readonly PictureFilter[],
  name: FilterName,
): void {
  if (!isGiven || !filters.some((filter) => filter.name === name)) return;
  throw new UsageError(
    `${flag} and the ${name} filter of --crop-override contradict each other; give one of them.`,
  );
}
