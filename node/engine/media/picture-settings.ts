import { encodedPicture, filteringOf, inputShape } from '../../../src/media/conversions.ts';
import type { VideoFacts } from '../../../src/media/source-video.ts';
import { type PictureWishes, planFilters } from '../../../src/picture/plan-filters.ts';
import { findBars } from '../inspect/find-bars.ts';
import type { PictureSettings } from './filter-steps.ts';

/** What an encode with these wishes would make of a source's picture, at the source's own bit depth. */
export async function pictureSettings(
  path: string,
  video: VideoFacts,
  wishes: PictureWishes,
): Promise<PictureSettings> {
  const bars = wishes.autocrop ? await findBars(path) : null;
  const filters = planFilters(video, wishes, inputShape(video), bars);
  const picture = encodedPicture({ video }, video.bitDepth > 8 ? 10 : 8, filters);
  return { picture, filtering: filteringOf(video, filters) };
}
