import { type EncoderName, encoderOf } from '../encoder/encoders.ts';
import type { Zone, ZoneBound } from '../zones/zone.ts';
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
