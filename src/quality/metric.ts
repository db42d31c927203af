/** How good an encoded frame is beside its source, as one number; higher is better. */
export type MetricName = BuiltInMetric | 'vmaf' | 'ssimulacra2';

/** Those that FFmpeg's own filters measure; the others need a program beside it. */
export type BuiltInMetric = 'xpsnr' | 'ssim' | 'psnr';

export const METRIC_NAMES: readonly MetricName[] = ['vmaf', 'xpsnr', 'ssim', 'psnr', 'ssimulacra2'];

export interface Metric {
  readonly title: string;
  /** Empty for VMAF and SSIMULACRA2, which have none. */
  readonly unit: '' | 'dB';
  /** Scores that a person may ask for. */
  readonly least: number;
  /** What equal pictures are given: infinite decibels would swallow every other frame in a mean. */
  readonly most: number;
  /** About what a film has at the encoder's default quality; it decides no more than where a search begins. */
  readonly typical: number;
  /** About how much one step of SVT-AV1's CRF takes away, where nothing is known of the film yet. */
  readonly scorePerCrf: number;
  /** How far from a wanted score a chunk's may be: about what one step of the CRF changes. */
  readonly tolerance: number;
}

/**
 * VMAF by Netflix's models; XPSNR as in ITU-T P.910 and FFmpeg's filter, weighted 4:1:1 over Y, U and V; SSIM over all
 * planes as decibels, -10 log10(1 - SSIM), both of pictures without colour over Y alone; PSNR of luma; SSIMULACRA2 as
 * libjxl's program measures it.
 */
export const METRICS: Readonly<Record<MetricName, Metric>> = {
  vmaf: { title: 'VMAF', unit: '', least: 1, most: 100, typical: 95, scorePerCrf: 0.33, tolerance: 0.4 },
  xpsnr: { title: 'XPSNR', unit: 'dB', least: 10, most: 60, typical: 40, scorePerCrf: 0.2, tolerance: 0.12 },
  ssim: { title: 'SSIM', unit: 'dB', least: 3, most: 40, typical: 17, scorePerCrf: 0.17, tolerance: 0.1 },
  psnr: { title: 'PSNR', unit: 'dB', least: 10, most: 60, typical: 42, scorePerCrf: 0.25, tolerance: 0.15 },
  ssimulacra2: {
    title: 'SSIMULACRA2',
    unit: '',
    least: 1,
    most: 100,
    typical: 80,
    scorePerCrf: 0.55,
    tolerance: 0.5,
  },
};

/** SSIM from 0 to 1 as decibels; equal pictures get the most. */
export function ssimDecibels(ssim: number): number {
  const { most } = METRICS.ssim;
  return ssim >= 1 ? most : Math.min(most, -10 * Math.log10(1 - ssim));
}

export function formatScore(metric: MetricName, score: number): string {
  const { title, unit } = METRICS[metric];
  return `${title} ${score.toFixed(2)}${unit === '' ? '' : ` ${unit}`}`;
}
