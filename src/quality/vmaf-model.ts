import type { PictureSize } from '../media/source-video.ts';

/** `neg` does not reward sharpening, `phone` is for a small screen. */
export type VmafModel = 'hd' | '4k' | 'phone' | 'neg';

/** What a user may ask for; `auto` is by the picture's size. */
export type WantedVmafModel = VmafModel | 'auto';

export const VMAF_MODELS = ['hd', '4k', 'phone', 'neg'] as const satisfies readonly VmafModel[];

export const WANTED_VMAF_MODELS: readonly WantedVmafModel[] = ['auto', ...VMAF_MODELS];

/** From this many rows on a picture is taken for one that is watched on a 4K screen, at one and a half times its height. */
const ROWS_OF_4K = 1440;

/** libvmaf's `model` option: models that are built into the library, never files. */
const OPTIONS: Readonly<Record<VmafModel, string>> = {
  hd: 'version=vmaf_v0.6.1',
  '4k': 'version=vmaf_4k_v0.6.1',
  phone: 'version=vmaf_v0.6.1\\:enable_transform=true',
  neg: 'version=vmaf_v0.6.1neg',
};

export function chooseVmafModel(wanted: WantedVmafModel, { height }: PictureSize): VmafModel {
  if (wanted !== 'auto') return wanted;
  return height > ROWS_OF_4K ? '4k' : 'hd';
}

export function vmafModelOption(model: VmafModel): string {
  return OPTIONS[model];
}
