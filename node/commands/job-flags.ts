import type { Command } from 'commander';
import { parseAudioParams } from '../../src/container/audio-params.ts';
import { type AudioChoice, parseLanguages } from '../../src/container/choose-audio.ts';
import type { JobOptions } from '../../src/protocol/control-api.ts';
import {
  HIGHEST_PRIORITY,
  LOWEST_PRIORITY,
  NORMAL_PRIORITY,
  parsePriority,
} from '../../src/schedule/priority.ts';
import { addEncoderFlags, type EncoderFlags, encoderOptionsOf } from './encoder-flags.ts';
import { addSwitch, addValue, asText, risingNumbers, secondsBetween } from './flags.ts';
import { addPictureFlags, type PictureFlags, pictureWishesOf } from './picture-flags.ts';
import { refuseIdleDetails } from './quality-flags.ts';
import { UsageError } from './shell.ts';
import { zonesOf } from './zones-file.ts';

/** The seed's default, and about what keeps twenty slots busy on a short film. */
const MAX_SCENE_SECONDS = 10;

/** Shorter chunks cost more in keyframes than they gain in spreading. */
const MIN_SCENE_SECONDS = 1;

/** Values of the flags as commander gives them. */
export interface JobFlags extends EncoderFlags, PictureFlags {
  readonly minSceneLength?: number;
  readonly maxSceneLength?: number;
  readonly forceKeyframes?: readonly number[];
  readonly zones?: string;
  readonly audio: boolean;
  readonly audioTracks?: readonly number[];
  readonly audioLang?: readonly string[];
  readonly audioParams?: ReturnType<typeof parseAudioParams>;
  readonly subtitles: boolean;
  readonly attachments: boolean;
  readonly chapters: boolean;
  readonly preview: boolean;
  readonly overwrite: boolean;
  readonly local: boolean;
  readonly integrityCheck: boolean;
  readonly mux: boolean;
}

/** Flags that say what is wanted of a job. */
export function addJobFlags(command: Command): void {
  command.optionsGroup('How it is encoded:');
  addEncoderFlags(command);
  command.optionsGroup('What is done to the picture:');
  addPictureFlags(command);
  command.optionsGroup('Where it is cut:');
  addValue(
    command,
    '--min-scene-length <seconds>',
    `no chunk is shorter (default: ${MIN_SCENE_SECONDS})`,
    secondsBetween(0, 3600),
  );
  addValue(
    command,
    '--max-scene-length <seconds>',
    `longer shots are divided (default: ${MAX_SCENE_SECONDS})`,
    secondsBetween(0.1, 3600),
  );
  addValue(
    command,
    '--scenes <file>',
    'cuts as JSON: read where the file exists, else written at the end',
    asText,
  );
  addValue(
    command,
    '--zones <file>',
    'ranges of the film with a CRF, score, preset, grain or encoder parameters of their own, as JSON or in Av1an’s lines',
    asText,
  );
  addValue(
    command,
    '--force-keyframes <frames>',
    'frames that are to be keyframes, by their numbers from 0, as 240,1200',
    risingNumbers,
  );
  command.optionsGroup('What comes out:');
  addSwitch(command, 'audio', true, 'carry audio');
  addValue(
    command,
    '--audio-tracks <numbers>',
    'audio tracks to carry, counted from 1 among the audio tracks, as 1,3 (default: all)',
    risingNumbers,
  );
  addValue(
    command,
    '--audio-lang <codes>',
    'audio tracks to carry by their languages, as eng,de; und: those that tell none',
    parseLanguages,
  );
  addValue(
    command,
    '--audio-params <text>',
    'transcode audio, e.g. opus, opus:128k, "-c:a libopus -ac 2" (default: copy)',
    parseAudioParams,
  );
  addSwitch(command, 'subtitles', true, 'carry subtitles');
  addSwitch(command, 'attachments', true, 'carry attachments');
  addSwitch(command, 'chapters', true, 'carry chapters');
  addSwitch(command, 'mux', true, 'put sound, subtitles, chapters and attachments beside the video');
  addSwitch(
    command,
    'preview',
    false,
    'first write three clips of 2 s beside the output, the middle of the picture before (left) and after (right)',
  );
  addSwitch(command, 'overwrite', false, 'replace an output that exists');
  addSwitch(command, 'integrity-check', false, 'prove chunks of earlier runs again before they are used');
  addSwitch(command, 'local', false, 'encode on this machine alone');
}

/** When a job gets work, beside others of the same daemon; it changes nothing of what comes out. */
export function addPriorityFlag(command: Command): void {
  addValue(
    command,
    '--priority <n>',
    `which jobs go first, from ${LOWEST_PRIORITY} (lowest) to ${HIGHEST_PRIORITY} (highest), or the word (default: ${NORMAL_PRIORITY}, normal)`,
    parsePriority,
  );
}

/** What the flags ask for. Throws a UsageError when they contradict each other. */
export function jobOptionsOf(
  flags: JobFlags,
  cuts: readonly number[] | null,
  zonesText: string | null = null,
): JobOptions {
  const minSceneSeconds =
    flags.minSceneLength ?? Math.min(MIN_SCENE_SECONDS, flags.maxSceneLength ?? MIN_SCENE_SECONDS);
  const maxSceneSeconds = flags.maxSceneLength ?? Math.max(MAX_SCENE_SECONDS, minSceneSeconds);
  if (minSceneSeconds > maxSceneSeconds) {
    throw new UsageError(
      `--min-scene-length ${minSceneSeconds} is longer than --max-scene-length ${maxSceneSeconds}; no chunk could satisfy both.`,
    );
  }
  refuseIdleAudioFlags(flags);
  const encoderOptions = encoderOptionsOf(flags);
  refuseBlindPreview(flags, encoderOptions);
  const zones = zonesText === null ? [] : zonesOf(zonesText, flags, encoderOptions);
  // What zones aim at is known when they were read.
  if (flags.zones === undefined || zonesText !== null) {
    refuseIdleDetails(
      flags,
      zones.some(({ target }) => target !== null),
    );
  }
  return {
    ...encoderOptions,
    picture: pictureWishesOf(flags),
    minSceneSeconds,
    maxSceneSeconds,
    cuts,
    forcedKeyframes: flags.forceKeyframes ?? [],
    zones,
    audio: flags.audio && flags.mux ? (flags.audioParams ?? 'copy') : 'drop',
    audioChoice: audioChoiceOf(flags),
    subtitles: flags.subtitles && flags.mux ? 'copy' : 'drop',
    attachments: flags.attachments && flags.mux ? 'copy' : 'drop',
    chapters: flags.chapters && flags.mux,
    overwrite: flags.overwrite,
    previews: flags.preview,
    isLocal: flags.local,
    checksStored: flags.integrityCheck,
  };
}

/** What bits a place gets is known when the whole film was tried. */
function refuseBlindPreview(
  { preview }: JobFlags,
  { budget, ladder, allocation, autoparam }: ReturnType<typeof encoderOptionsOf>,
): void {
  if (preview && autoparam !== null) {
    throw new UsageError(
      '--preview shows what the encoder options look like, and --autoparam is to find them first; leave out one of both.',
    );
  }
  if (!preview || (budget === null && ladder === null && allocation === null)) return;
  throw new UsageError(
    '--preview comes before the film, and by a bitrate, a size or --allocate a place gets its CRF when all of the film was tried. Look at --preview with --crf or --vmaf first, then leave it out.',
  );
}

/** What says how audio is carried means nothing where none is. */
function refuseIdleAudioFlags(flags: JobFlags): void {
  const off = !flags.audio ? '--no-audio' : !flags.mux ? '--no-mux' : null;
  if (off === null) return;
  const idle = {
    '--audio-params': flags.audioParams,
    '--audio-tracks': flags.audioTracks,
    '--audio-lang': flags.audioLang,
  };
  for (const [flag, value] of Object.entries(idle)) {
    if (value !== undefined)
      throw new UsageError(`${off} and ${flag} contradict each other; give one of them.`);
  }
}

function audioChoiceOf({ audioTracks, audioLang }: JobFlags): AudioChoice | null {
  if (audioTracks !== undefined && audioLang !== undefined) {
    throw new UsageError('--audio-tracks and --audio-lang both choose the audio; give one of them.');
  }
  if (audioTracks?.[0] === 0) throw new UsageError('--audio-tracks counts from 1; there is no track 0.');
  if (audioTracks !== undefined) return { type: 'tracks', numbers: audioTracks };
  return audioLang === undefined ? null : { type: 'languages', languages: audioLang };
}
