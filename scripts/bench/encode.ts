import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { JobSummary } from '../../src/protocol/control-api.ts';
import { measureBareDecode } from './bare-decode.ts';
import { encode, withDaemon } from './lone-daemon.ts';
import { median } from './median.ts';
import { encodePlain, type PlainEncode, sliceWhole } from './plain-encode.ts';

/** One machine at one preset; medians over the runs, ratios of walls within this bench only. */
export interface EncodeBench {
  readonly preset: number;
  readonly submitSeconds: number;
  readonly plainSeconds: number;
  /** (CPU seconds of the encoders alone + one decode of the source) ÷ cores. */
  readonly boundSeconds: number;
  readonly submitToBound: number;
  readonly submitToPlain: number;
  /** CPU seconds beside the encoders'. */
  readonly scanCpuSeconds: number;
  readonly sliceDecodeCpuSeconds: number;
  readonly leadInCpuSeconds: number;
  readonly proofCpuSeconds: number;
  readonly encoderCpuSeconds: number;
  readonly plainCpuSeconds: number;
  readonly submitBytes: number;
  readonly plainBytes: number;
  readonly chunkCount: number;
  readonly runs: number;
}

/** Alternates `submit` on one machine and one plain single-process encode of the same file, preset by preset. */
export async function benchEncode(
  input: string,
  presets: readonly number[],
  runs: number,
): Promise<EncodeBench[]> {
  const decode = await measureBareDecode(input);
  const whole = await sliceWhole(input);
  const benches: EncodeBench[] = [];
  try {
    for (const preset of presets) {
      const submits: JobSummary[] = [];
      const plains: PlainEncode[] = [];
      for (let run = 0; run < runs; run++) {
        submits.push(
          await withDaemon({}, (daemon, folder) =>
            encode(daemon, input, join(folder, 'out.mkv'), { preset }),
          ),
        );
        plains.push(await encodePlain(whole, preset));
      }
      benches.push(compare(preset, submits, plains, decode.cpuSeconds));
    }
  } finally {
    await whole.remove();
  }
  return benches;
}

function compare(
  preset: number,
  submits: readonly JobSummary[],
  plains: readonly PlainEncode[],
  decodeCpuSeconds: number,
): EncodeBench {
  const of = (pick: (summary: JobSummary) => number): number => median(submits.map(pick));
  const sliceDecode = of((s) => (decodeCpuSeconds * s.slicedPacketCount) / s.frameCount);
  const encoder = of((s) => s.cpuSeconds.encode) - sliceDecode;
  const bound = (encoder + decodeCpuSeconds) / availableParallelism();
  const submitSeconds = of((s) => s.wallSeconds);
  const plainSeconds = median(plains.map((plain) => plain.wallSeconds));
  return {
    preset,
    submitSeconds,
    plainSeconds,
    boundSeconds: bound,
    submitToBound: submitSeconds / bound,
    submitToPlain: submitSeconds / plainSeconds,
    scanCpuSeconds: of((s) => s.cpuSeconds.scan),
    sliceDecodeCpuSeconds: sliceDecode,
    leadInCpuSeconds: sliceDecode - decodeCpuSeconds,
    proofCpuSeconds: of((s) => s.cpuSeconds.proof),
    encoderCpuSeconds: encoder,
    plainCpuSeconds: median(plains.map((plain) => plain.cpuSeconds)),
    submitBytes: of((s) => s.outputBytes),
    plainBytes: median(plains.map((plain) => plain.bytes)),
    chunkCount: of((s) => s.chunkCount),
    runs: submits.length,
  };
}
