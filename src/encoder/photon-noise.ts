import type { EncodedPicture } from './settings.ts';

/** ISO that `--photon-noise` takes: below nobody sees it, above it is all that is seen. */
export const PHOTON_NOISE_ISO = { min: 100, max: 6400 } as const;

/** The key under which it stands among an encoder's parameters: ours, and made into a file for the encoder. */
export const PHOTON_NOISE = 'photon-noise';

/**
 * A sensor of 36 by 24 mm, as libaom's example of a photon noise table reckons (examples/photon_noise_table.c, whose
 * physics this is): photons of a lux-second on a square micrometre, the share of them that is seen, the electrons that
 * reading adds, and by how much pixels differ.
 */
const SENSOR = {
  widthUm: 36_000,
  heightUm: 24_000,
  photonsPerLuxSecondUm2: 11_260,
  efficiency: 0.2,
  readNoise: 1.5,
  nonUniformity: 0.005,
};

/** AV1 takes 14 points of luma at most (film_grain_params, section 5.9.30). */
const POINTS = 14;
/** What a scale of 255 makes of the generator's noise, whose deviation is a little below an eighth of that. */
const SCALE = 7.88;

/**
 * Film grain of a digital camera at this ISO, as a table for encoders: libaom's `filmgrn1` (aom_dsp/grain_table.c). One
 * entry for all time, noise in luma alone, without correlation between pixels.
 */
export function photonNoiseTable(iso: number, picture: EncodedPicture): string {
  const points = Array.from({ length: POINTS }, (_, i) => {
    const signal = i / (POINTS - 1);
    const scale = Math.round(255 * SCALE * noiseAt(signal, iso, picture));
    return `${Math.round(255 * signal)} ${Math.min(255, scale)}`;
  });
  return [
    'filmgrn1',
    'E 0 9223372036854775807 1 7391 1',
    // Lag and shift of the autoregression, shifts of grain and scale, chroma as luma, overlap, and mixes of chroma.
    '\tp 0 6 0 8 0 1 128 192 256 128 192 256',
    `\tsY ${POINTS}  ${points.join(' ')}`,
    '\tsCb 0',
    '\tsCr 0',
    '\tcY',
    '\tcCb 0',
    '\tcCr 0',
    '',
  ].join('\n');
}

/** Standard deviation of the noise where the picture has this signal, both of 1. */
function noiseAt(signal: number, iso: number, { width, height, colour }: EncodedPicture): number {
  const { toLight, toSignal, midTone } = curveOf(colour.transfer);
  const pixelUm2 = (SENSOR.widthUm * SENSOR.heightUm) / (width * height);
  // A mid-tone is exposed by 10 lux-seconds through the ISO.
  const midElectrons = (10 / iso) * SENSOR.photonsPerLuxSecondUm2 * SENSOR.efficiency * pixelUm2;
  const fullElectrons = midElectrons / midTone;
  const electrons = fullElectrons * toLight(signal);
  const variance = SENSOR.readNoise ** 2 + electrons + (SENSOR.nonUniformity * electrons) ** 2;
  const noise = Math.sqrt(variance) / fullElectrons;
  const light = toLight(signal);
  // The curve's slope over the light that the noise reaches: at black it has none of its own.
  const [from, to] = [Math.max(0, light - 2 * noise), Math.min(1, light + 2 * noise)];
  return (noise * (toSignal(to) - toSignal(from))) / (to - from);
}

interface Curve {
  toLight(signal: number): number;
  toSignal(light: number): number;
  /** Light of a mid-tone, of 1. */
  readonly midTone: number;
}

/** By H.273's numbers. All of standard range are shown by a gamma of 2.4 (BT.1886). */
function curveOf(transfer: number): Curve {
  if (transfer === 16) return PQ;
  return transfer === 18 ? HLG : GAMMA;
}

const GAMMA: Curve = {
  toLight: (signal) => signal ** 2.4,
  toSignal: (light) => light ** (1 / 2.4),
  midTone: 0.18,
};

/** SMPTE ST 2084: 26 cd/m² of 10,000 are a mid-tone. */
const PQ: Curve = {
  toLight(signal) {
    const powered = signal ** (1 / 78.84375);
    return (Math.max(0, powered - 0.8359375) / (18.8515625 - 18.6875 * powered)) ** (1 / 0.1593017578125);
  },
  toSignal(light) {
    const powered = light ** 0.1593017578125;
    return ((0.8359375 + 18.8515625 * powered) / (1 + 18.6875 * powered)) ** 78.84375;
  },
  midTone: 26 / 10_000,
};

/** ARIB STD-B67: of a screen of 1000 cd/m². */
const HLG: Curve = {
  toLight: (signal) =>
    signal <= 0.5 ? signal ** 2 / 3 : (Math.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12,
  toSignal: (light) =>
    light <= 1 / 12 ? Math.sqrt(3 * light) : 0.17883277 * Math.log(12 * light - 0.28466892) + 0.55991073,
  midTone: 26 / 1000,
};

/** What an encoder is given of a user's parameters: the table says the rest. */
export function withoutPhotonNoise({
  [PHOTON_NOISE]: _,
  ...params
}: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return params;
}
