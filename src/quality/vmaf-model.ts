import type { PictureSize } from '../media/source-video.ts';

/** `neg` does not reward sharpening, `phone` is for a small screen. */
export type VmafModel = 'hd' | '4k' | 'phone' | 'neg';

/** What a user may ask for; `auto` is by the picture's size. */
export type WantedVmafModel = VmafModel | 'auto';

export const VMAF_MODELS = ['hd', '4k', 'phone', 'neg'] as const satisfies readonly VmafModel[];

export const WANTED_VMAF_MODELS: readonly WantedVmafModel[] = ['auto', ...VMAF_MODELS];

/** What is larger than this, on whichever side it lies, is taken for a picture of a 4K screen, watched from one and a half times its height. */
const MOST_OF_HD = { long: 2560, short: 1440 };

/** libvmaf takes no picture that is not wider and higher. */
const TOO_SMALL = 32;

/** libvmaf's `model` option: models that are built into the library, never files. */
const OPTIONS: Readonly<Record<VmafModel, string>> = {
  hd: 'version=vmaf_v0.6.1',
  '4k': 'version=vmaf_4k_v0.6.1',
  phone: 'version=vmaf_v0.6.1\\:enable_transform=true',
  neg: 'version=vmaf_v0.6.1neg',
};

/** Throws a sentence for a picture that libvmaf does not score. */
export function chooseVmafModel(wanted: WantedVmafModel, { width, height }: PictureSize): VmafModel {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (short <= TOO_SMALL) {
    throw new Error(
      `VMAF says nothing of a picture of ${width}x${height}: libvmaf takes none of ${TOO_SMALL} pixels or fewer in width or height. Take SSIM or PSNR.`,
    );
  }
  if (wanted !== 'auto') return wanted;
  return short > MOST_OF_HD.short || long > MOST_OF_HD.long ? '4k' : 'hd';
}

export function vmafModelOption(model: VmafModel): string {
  return OPTIONS[model];
}
