import { type EncoderName, encoderOf } from '../encoder/encoders.ts';
import { type FilmMoment, isAtOrPast, type Zone, type ZoneBound } from '../zones/zone.ts';
import { formatClock } from './format.ts';
import { describeTarget } from './quality.ts';

/** `Zone 1, frames 240 to 479: CRF 20, film grain 8.` */
export function describeZone(zone: Zone, index: number, encoder: EncoderName): string {
  const { presets, quality } = encoderOf(encoder);
  const { preset, crf, target, grain, params } = zone;
  const changes = [
    ...(crf === null ? [] : [`${quality.name} ${crf}`]),
    ...(target === null ? [] : [describeTarget(target)]),
    ...(preset === null ? [] : [`preset ${presets[preset]}`]),
    ...(grain === null ? [] : [`film grain ${grain}`]),
    ...(params === null ? [] : [describeParams(params)]),
  ];
  return `Zone ${index + 1}, ${describeRange(zone)}: ${changes.join(', ') || 'as the rest, cut at its ends'}.`;
}

/** A time that is read off a player or rounded up may be so far behind the last frame. */
const END_SLACK_SECONDS = 1;

/** A sentence for each zone that lies beyond the film or ends there. @param last the film's last frame. */
export function describeZonesBeyond(zones: readonly Zone[], last: FilmMoment): string[] {
  const filmEnd = { frame: last.frame + 1, seconds: last.seconds + END_SLACK_SECONDS };
  const where = `the source's last frame is ${last.frame}, at ${formatClock(last.seconds)}`;
  return zones.flatMap(({ start, end }, index) => {
    const name = `Zone ${index + 1}`;
    if (!isAtOrPast(start, last))
      return [`${name} holds nothing: it starts at ${describeBound(start)}, ${where}.`];
    if (end === null || isAtOrPast(end, filmEnd)) return [];
    return [`${name} ends with the source: it was to end at ${describeBound(end)}, ${where}.`];
  });
}

function describeParams(params: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(params).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? 'none of the encoder parameters' : pairs.join(':');
}

function describeRange({ start, end }: Zone): string {
  if ('frame' in start && end !== null && 'frame' in end) return `frames ${start.frame} to ${end.frame - 1}`;
  const from = describeBound(start);
  return end === null ? `from ${from} to the end` : `from ${from} until ${describeBound(end)}`;
}

function describeBound(bound: ZoneBound): string {
  return 'frame' in bound ? `frame ${bound.frame}` : formatClock(bound.seconds);
}
