import { HDR_TRANSFERS } from '../media/hdr-transfers.ts';
import type { Colour } from '../media/source-video.ts';

/** Throws a sentence for a picture in PQ or HLG, of which SSIMULACRA2, given it as sRGB, says nothing true. */
export function refuseHdr({ transfer }: Colour): void {
  if (!Object.hasOwn(HDR_TRANSFERS, transfer)) return;
  throw new Error(
    'SSIMULACRA2, as its program is asked here, says nothing of HDR pictures (PQ, HLG). Take VMAF or XPSNR, or encode in SDR with --tonemap.',
  );
}
