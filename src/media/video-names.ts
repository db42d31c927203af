import type { VideoCodec } from '../encoder/encoder-definition.ts';

/** Names under which people keep videos; what a file really is, its inspection says. */
const VIDEO_EXTENSIONS = new Set([
  ...['3gp', 'avi', 'divx', 'dv', 'f4v', 'flv', 'm2ts', 'm2v', 'm4v', 'mkv', 'mov', 'mp4', 'mpeg', 'mpg'],
  ...['mts', 'mxf', 'nut', 'ogm', 'ogv', 'qt', 'rmvb', 'ts', 'vob', 'webm', 'wmv', 'y4m'],
]);

/** Whether a file found in a folder is taken as a source. Outputs of an earlier run are not. */
export function isVideoName(name: string): boolean {
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return VIDEO_EXTENSIONS.has(extension) && !isOutputName(name);
}

/** Whether a file is called as our outputs are. */
export function isOutputName(name: string): boolean {
  return /\.(av1|hevc|h264|vvc)\.[^.]+$/i.test(name);
}

/** What the output of a source is called, from its name without the extension. */
export function outputName(stem: string, codec: VideoCodec): string {
  return `${stem}.${codec}.mkv`;
}
