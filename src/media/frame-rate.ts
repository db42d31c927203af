import type { Rational } from './rational.ts';

/** Times of a packet in ticks; null where the container tells none. */
export interface PacketTimes {
  readonly pts: bigint | null;
  readonly dts: bigint | null;
  readonly isKeyframe: boolean;
}

/** Frames that a decoder may still bring before the last ones read. */
const UNSETTLED_FRAMES = 16;

/**
 * The timestamps that tell how evenly frames come: presentation times where every packet has one, else decode times.
 * Packets before the first keyframe are left out (a recording that was cut in the middle shows none of them), and so
 * are the last of a part that was read.
 *
 * @param packets in decode order.
 * @param isWhole the stream ends with the last packet.
 */
export function steadyTimes(packets: readonly PacketTimes[], isWhole: boolean): bigint[] {
  const shown = packets.slice(
    Math.max(
      0,
      packets.findIndex(({ isKeyframe }) => isKeyframe),
    ),
  );
  const pts = shown.flatMap((packet) => packet.pts ?? []);
  const dts = shown.flatMap((packet) => packet.dts ?? []);
  const first = shown[0]?.pts ?? null;
  const times =
    pts.length === shown.length
      ? pts.filter((time) => first === null || time >= first)
      : dts.length === shown.length
        ? dts
        : [];
  const sorted = times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return isWhole || sorted.length <= 2 * UNSETTLED_FRAMES ? sorted : sorted.slice(0, -UNSETTLED_FRAMES);
}

/** What the first timestamps of a stream say about its rate. */
export interface MeasuredRate {
  readonly isVariable: boolean;
  /** Frames a second over the measured part; null with fewer than two timestamps. */
  readonly framesPerSecond: number | null;
}

/** Containers round timestamps to their tick; a regular stream is then off its grid by less than a tick each way. */
const TOLERATED_TICKS = 1;
/** Encoders' own clocks jitter a little; what varies less than this share of a frame was meant to be regular. */
const TOLERATED_SHARE = 0.05;

/** Judges presentation timestamps, sorted and in ticks of `timeBase`, against an even grid. */
export function measureRate(timestamps: readonly bigint[], timeBase: Rational): MeasuredRate {
  const distinct = timestamps.filter((pts, i) => i === 0 || pts !== timestamps[i - 1]);
  const first = distinct[0];
  const last = distinct.at(-1);
  if (first === undefined || last === undefined || distinct.length < 2) {
    return { isVariable: false, framesPerSecond: null };
  }
  const step = Number(last - first) / (distinct.length - 1);
  const tolerated = Math.max(TOLERATED_TICKS, step * TOLERATED_SHARE);
  return {
    isVariable: distinct.some((pts, i) => Math.abs(Number(pts - first) - i * step) > tolerated),
    framesPerSecond: timeBase.den / (timeBase.num * step),
  };
}

/** What the container and the bitstream claim; 0/x where they claim nothing. */
export interface ClaimedRates {
  /** FFmpeg's r_frame_rate: the least rate whose grid holds all timestamps. */
  readonly base: Rational;
  /** FFmpeg's avg_frame_rate. */
  readonly average: Rational;
  /** The bitstream's own word. */
  readonly coded: Rational;
}

/** Two rates closer than this are the same one told with different roundings; 23.976 and 24 differ by 0.1 %. */
const SAME_RATE_SHARE = 0.0004;
/** The average of a whole film may differ this much from that of its beginning. */
const LIKELY_SHARE = 0.1;
/** Of a stream that tells nothing. */
const FALLBACK_RATE: Rational = { num: 25, den: 1 };

/** The nominal rate as a fraction: the claim that the timestamps bear out, else what they measure. */
export function chooseFrameRate(measured: MeasuredRate, claimed: ClaimedRates): Rational {
  const { base, average, coded } = claimed;
  const { framesPerSecond, isVariable } = measured;
  if (framesPerSecond === null) return [coded, average, base].find(isRate) ?? FALLBACK_RATE;
  const claims = isVariable ? [average] : [base, average, coded];
  const share = isVariable ? LIKELY_SHARE : SAME_RATE_SHARE;
  return (
    claims.find(
      (claim) => isRate(claim) && Math.abs(claim.num / claim.den / framesPerSecond - 1) < share,
    ) ?? {
      num: Math.max(1, Math.round(framesPerSecond * 1000)),
      den: 1000,
    }
  );
}

function isRate({ num, den }: Rational): boolean {
  return num > 0 && den > 0;
}
