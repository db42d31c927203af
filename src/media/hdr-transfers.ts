/** Transfers of HDR, PQ and HLG: code points of ITU-T H.273 and FFmpeg's names for them. */
export const HDR_TRANSFERS: Readonly<Record<number, string>> = { 16: 'smpte2084', 18: 'arib-std-b67' };
