import type { AudioTranscode } from './carry.ts';

/**
 * Reads the value of `--audio_params`: a codec (`opus`, `opus:128k`, `copy`), or FFmpeg's own words as the seed took
 * them (`-c:a libopus -b:a 96k -ac 2`). The words become typed data and never reach a shell or an option parser.
 * An empty text asks to transcode without saying how: Opus.
 *
 * @throws a sentence that says what is allowed, for anything else.
 */
export function parseAudioParams(text: string): 'copy' | AudioTranscode {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const draft = words[0]?.startsWith('-') === false ? parseShortForm(words) : parseOptions(words);
  const { codec, ...details } = draft;
  if (codec === 'copy') {
    const asked = Object.values(details).some((detail) => detail !== null);
    if (asked) throw new Error(`Audio cannot be copied and changed at once: got “${text}”. ${ALLOWED}`);
    return 'copy';
  }
  if (codec === 'flac' && details.bitrateKbps !== null) {
    throw new Error(`FLAC is lossless and has no bitrate: got “${text}”. Write --audio_params flac.`);
  }
  return { codec, ...details };
}

const ALLOWED =
  'Allowed are copy, opus, aac, flac, opus:128k, or the words -c:a (copy, libopus, aac, flac), -b:a (as 96k), -ac (1 to 8), -lfe_mix_level (0 to 2).';

/** What the encoders take for any number of channels that a film has. */
const BITRATE_KBPS = { min: 6, max: 1024 };
const MAX_CHANNELS = 8;
const MAX_LFE_MIX_LEVEL = 2;

interface Draft {
  codec: AudioTranscode['codec'] | 'copy';
  bitrateKbps: number | null;
  channels: number | null;
  lfeMixLevel: number | null;
}

const CODECS: Readonly<Record<string, Draft['codec']>> = {
  copy: 'copy',
  opus: 'opus',
  libopus: 'opus',
  aac: 'aac',
  flac: 'flac',
};

function emptyDraft(): Draft {
  return { codec: 'opus', bitrateKbps: null, channels: null, lfeMixLevel: null };
}

function parseShortForm(words: readonly string[]): Draft {
  const [codec = '', bitrate, ...rest] = words.length === 1 ? (words[0] ?? '').split(':') : [words.join(' ')];
  if (rest.length > 0) throw new Error(`--audio_params got “${words.join(' ')}”. ${ALLOWED}`);
  return {
    ...emptyDraft(),
    codec: parseCodec(codec),
    bitrateKbps: bitrate === undefined ? null : parseBitrate(bitrate),
  };
}

function parseOptions(words: readonly string[]): Draft {
  const draft = emptyDraft();
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i] ?? '';
    const value = words[i + 1];
    if (value === undefined) throw new Error(`--audio_params: ${name} stands without a value. ${ALLOWED}`);
    applyOption(draft, name, value);
  }
  return draft;
}

function applyOption(draft: Draft, name: string, value: string): void {
  switch (name) {
    case '-c:a':
    case '-codec:a':
    case '-acodec':
      draft.codec = parseCodec(value);
      return;
    case '-b:a':
    case '-ab':
      draft.bitrateKbps = parseBitrate(value);
      return;
    case '-ac':
      draft.channels = parseNumber('-ac', value, 1, MAX_CHANNELS, /^\d+$/);
      return;
    case '-lfe_mix_level':
      draft.lfeMixLevel = parseNumber('-lfe_mix_level', value, 0, MAX_LFE_MIX_LEVEL, /^\d+(\.\d+)?$/);
      return;
    case '-vbr':
      if (value === 'on') return; // What libopus does anyway.
      throw new Error(`--audio_params: -vbr got “${value}”; Opus is always written with -vbr on.`);
    case '-b:v':
      throw new Error(
        `--audio_params: -b:v is the bitrate of the picture and would change nothing; for audio write -b:a ${value}.`,
      );
    default:
      throw new Error(`--audio_params does not know “${name}”. ${ALLOWED}`);
  }
}

function parseCodec(word: string): Draft['codec'] {
  const codec = Object.hasOwn(CODECS, word) ? CODECS[word] : undefined;
  if (codec === undefined) throw new Error(`--audio_params does not know the codec “${word}”. ${ALLOWED}`);
  return codec;
}

/** `96k` or `96000`: bits per second, as FFmpeg reads them. */
function parseBitrate(word: string): number {
  const match = /^(\d{1,7})([kK]?)$/.exec(word);
  const kbps = match === null ? Number.NaN : Number(match[1]) / (match[2] === '' ? 1000 : 1);
  if (kbps >= BITRATE_KBPS.min && kbps <= BITRATE_KBPS.max) return kbps;
  throw new Error(
    `--audio_params got the bitrate “${word}”; between ${BITRATE_KBPS.min}k and ${BITRATE_KBPS.max}k was expected, as in opus:128k or -b:a 128k.`,
  );
}

function parseNumber(name: string, word: string, min: number, max: number, shape: RegExp): number {
  const number = shape.test(word) ? Number(word) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Error(`--audio_params: ${name} got “${word}”; a number from ${min} to ${max} was expected.`);
}
