import { describeSettings } from '../encoder/describe-settings.ts';
import { encoderOf } from '../encoder/encoders.ts';
import type { EncodeSettings } from '../encoder/settings.ts';
import type { SourceVideo } from '../media/source-video.ts';
import { type CarryPlan, nameOf } from './carry.ts';
import { CODEC_NAMES, CONTAINER_NAMES } from './fits.ts';

/**
 * One sentence: what the output will hold. Said before anything is encoded, beside the notes on what is converted or
 * lost: who reads both knows what becomes of everything.
 *
 * @param name of the output, without its folder.
 * @param isSearched each chunk gets a quality of its own.
 */
export function describeOutput(
  name: string,
  source: SourceVideo,
  carry: CarryPlan,
  settings: EncodeSettings,
  isSearched = false,
): string {
  const codec = CODEC_NAMES[encoderOf(settings.encoder).codec];
  const picture = `${codec} in ${settings.picture.bitDepth} bits (${describeSettings(settings, isSearched)})`;
  const kept = [...keptOfPicture(settings), ...keptStreams(source, carry), ...keptChapters(source, carry)];
  const and = kept.length === 0 ? 'nothing else' : kept.join(', ');
  return `${name} (${CONTAINER_NAMES[carry.container]}) will hold ${picture}; unchanged from the source: ${and}.`;
}

function keptOfPicture({ picture }: EncodeSettings): string[] {
  const { masteringDisplay, contentLight, hdr10Plus } = picture;
  return [
    ...(masteringDisplay === null && contentLight === null ? [] : ['HDR10 metadata']),
    ...(hdr10Plus === true ? ['HDR10+ metadata of every frame'] : []),
  ];
}

function keptStreams(source: SourceVideo, { streams }: CarryPlan): string[] {
  const copied = new Set(streams.filter(({ action }) => action === 'copy').map(({ index }) => index));
  return source.streams
    .filter(({ index }) => copied.has(index))
    .map((stream) => {
      const named = nameOf(stream);
      return named.charAt(0).toLowerCase() + named.slice(1);
    });
}

function keptChapters({ chapters }: SourceVideo, { keepsChapters }: CarryPlan): string[] {
  if (!keepsChapters) return [];
  return [chapters.length === 1 ? '1 chapter' : `${chapters.length} chapters`];
}
