import { checkSettings, parsePreset } from '../encoder/check-settings.ts';
import { parseEncoderParams } from '../encoder/params.ts';
import type { ZoneContext } from './parse-zones.ts';
import type { Zone, ZoneBound } from './zone.ts';

/** A zone as it is written down; undefined is not given. */
export interface ZoneText {
  readonly start: string;
  readonly end: string | undefined;
  readonly preset: string | undefined;
  readonly crf: string | undefined;
  readonly target: string | undefined;
  readonly grain: string | undefined;
  /** `key=value:key=value`. */
  readonly params: string | undefined;
  /** The job's own parameters of the encoder do not hold here. */
  readonly isReset: boolean;
}

/** Checks every field against what the encoder takes. Throws a sentence. */
export function zoneOf(text: ZoneText, context: ZoneContext): Zone {
  const { encoder, name, readTarget } = context;
  const [start, end] = [parseBound(text.start), text.end === undefined ? null : parseBound(text.end)];
  if (end !== null && !isBehind(end, start)) {
    throw new Error(
      `a zone ends behind its start, its end being no part of it; got ${text.start} to ${text.end}.`,
    );
  }
  if (text.crf !== undefined && text.target !== undefined) {
    throw new Error('a CRF and a target contradict each other; give one of them.');
  }
  const zone: Zone = {
    start,
    end,
    preset: text.preset === undefined ? null : parsePreset(text.preset, encoder),
    crf: text.crf === undefined ? null : numberOf(`The ${encoder.quality.name}`, text.crf),
    target: text.target === undefined ? null : readTarget(text.target),
    grain: text.grain === undefined ? null : numberOf('The film grain', text.grain),
    params: paramsOf(text, context),
  };
  checkSettings({
    encoder: name,
    preset: zone.preset ?? 0,
    rate: { type: 'quality', value: zone.crf ?? encoder.quality.max },
    passes: 1,
    grain: zone.grain ?? 0,
    params: zone.params ?? {},
  });
  return zone;
}

/** A frame's number, or a time: `90.5s`, `1:30` or `1:02:03.5`. */
export function parseBound(text: string): ZoneBound {
  if (/^\d{1,9}$/.test(text)) return { frame: Number(text) };
  const inSeconds = /^(\d{1,6}(?:\.\d{1,6})?)s$/.exec(text);
  if (inSeconds !== null) return { seconds: Number(inSeconds[1]) };
  const [, hours = '0', minutes, seconds] =
    /^(?:(\d{1,3}):)?(\d{1,2}):(\d{2}(?:\.\d{1,6})?)$/.exec(text) ?? [];
  if (minutes === undefined || Number(seconds) >= 60) {
    throw new Error(`a zone begins or ends at a frame or a time, as 240, 90.5s or 1:02:03.5; got "${text}".`);
  }
  return { seconds: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) };
}

/** Of a frame and a time the source decides which is first. */
function isBehind(end: ZoneBound, start: ZoneBound): boolean {
  if ('frame' in start) return !('frame' in end) || end.frame > start.frame;
  return !('seconds' in end) || end.seconds > start.seconds;
}

function paramsOf({ params, isReset }: ZoneText, { encoder, params: base }: ZoneContext): Zone['params'] {
  if (params === undefined) return isReset ? {} : null;
  const own = parseEncoderParams(params, encoder);
  const all = isReset ? own : { ...base, ...own };
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function numberOf(name: string, text: string): number {
  if (/^\d{1,4}(\.\d{1,3})?$/.test(text)) return Number(text);
  throw new Error(`${name} is "${text}", expected a number.`);
}
