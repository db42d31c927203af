import type { Colour } from '../media/source-video.ts';

/** H.273's numbers of transfers whose values SSIMULACRA2 would take for sRGB's. */
const HDR_TRANSFERS = [16, 18];

/** Throws a sentence for a picture in PQ or HLG, of which SSIMULACRA2, given it as sRGB, says nothing true. */
export function refuseHdr({ transfer }: Colour): void {
  if (!HDR_TRANSFERS.includes(transfer)) return;
  throw new Error(
    'SSIMULACRA2, as its program is asked here, says nothing of HDR pictures (PQ, HLG). Take VMAF or XPSNR, or encode in SDR with --tonemap.',
  );
}
