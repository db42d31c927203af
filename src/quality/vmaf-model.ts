import type { PictureSize } from '../media/source-video.ts';

/** `auto`: by the picture's size. `neg` does not reward sharpening, `phone` is for a small screen. */
export type VmafModel = 'auto' | 'hd' | '4k' | 'phone' | 'neg';

export const VMAF_MODELS: readonly VmafModel[] = ['auto', 'hd', '4k', 'phone', 'neg'];

/** From this many rows on a picture is taken for one that is watched on a 4K screen, at one and a half times its height. */
const ROWS_OF_4K = 1440;

/** libvmaf's `model` option: a model that is built into the library, never a file. */
export function vmafModelOption(model: VmafModel, { height }: PictureSize): string {
  const isLarge = model === '4k' || (model === 'auto' && height > ROWS_OF_4K);
  if (isLarge) return 'version=vmaf_4k_v0.6.1';
  if (model === 'neg') return 'version=vmaf_v0.6.1neg';
  return model === 'phone' ? 'version=vmaf_v0.6.1\\:enable_transform=true' : 'version=vmaf_v0.6.1';
}
