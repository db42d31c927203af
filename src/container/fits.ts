import type { VideoCodec } from '../encoder/encoder-definition.ts';
import type { OutputContainer } from './carry.ts';

export const CONTAINER_NAMES: Readonly<Record<OutputContainer, string>> = {
  matroska: 'Matroska',
  mp4: 'MP4',
  webm: 'WebM',
};

/**
 * Codecs, by FFmpeg's names, that each container holds as they are. Matroska: RFC 9559's codec mappings as far as
 * FFmpeg's muxer writes them. MP4: what players read from `.mp4` files, by the registrations of MP4RA. WebM: its
 * container guidelines.
 */
const AUDIO: Readonly<Record<OutputContainer, ReadonlySet<string>>> = {
  matroska: new Set([
    ...['aac', 'ac3', 'alac', 'dts', 'eac3', 'flac', 'mlp', 'mp1', 'mp2', 'mp3', 'opus', 'truehd', 'tta'],
    ...['vorbis', 'wavpack', 'wmav1', 'wmav2', 'wmapro', 'wmalossless', 'cook', 'ra_144', 'ra_288', 'sipr'],
    ...['pcm_u8', 'pcm_s16le', 'pcm_s24le', 'pcm_s32le', 'pcm_s16be', 'pcm_s24be', 'pcm_s32be'],
    ...['pcm_f32le', 'pcm_f64le', 'pcm_alaw', 'pcm_mulaw', 'adpcm_ms', 'adpcm_ima_wav', 'gsm_ms'],
  ]),
  mp4: new Set(['aac', 'ac3', 'eac3', 'opus', 'flac', 'mp3', 'alac']),
  webm: new Set(['opus', 'vorbis']),
};

const SUBTITLE: Readonly<Record<OutputContainer, ReadonlySet<string>>> = {
  matroska: new Set([
    ...['subrip', 'srt', 'text', 'ass', 'ssa', 'webvtt', 'hdmv_pgs_subtitle', 'dvd_subtitle'],
    ...['dvb_subtitle', 'hdmv_text_subtitle', 'arib_caption'],
  ]),
  mp4: new Set(['mov_text']),
  webm: new Set(['webvtt']),
};

export const CODEC_NAMES: Readonly<Record<VideoCodec, string>> = {
  av1: 'AV1',
  hevc: 'HEVC',
  h264: 'H.264',
  vvc: 'VVC',
};

/** Whether the container holds what an encoder of this codec writes: all of ours do, but WebM takes open codecs alone. */
export function fitsVideo(container: OutputContainer, codec: VideoCodec): boolean {
  return container !== 'webm' || codec === 'av1';
}

/** Whether the container holds this codec unchanged. */
export function fits(container: OutputContainer, kind: 'audio' | 'subtitle', codec: string): boolean {
  return (kind === 'audio' ? AUDIO : SUBTITLE)[container].has(codec);
}

/** 3GPP timed text, MP4's own subtitles: no other container holds it. */
export function isTimedText(codec: string): boolean {
  return codec === 'mov_text';
}
