import type { CodecFacts, KeyframeFact } from '../engine/messages.ts';
import type { FoundChunk } from './job-scan.ts';

/** What a finished scan leaves beside its record files: enough to go on without scanning again. */
export interface ScanSummary {
  readonly codec: CodecFacts;
  readonly keyframes: readonly KeyframeFact[];
  readonly chunks: readonly FoundChunk[];
  readonly cuts: readonly number[];
  readonly frameCount: number;
  readonly rebuiltTimestampCount: number;
  readonly scaledFrameCount: number;
  /** Packets and places of the source that the demuxer or the decoder complained about. */
  readonly damagedCount: number;
  /** When the last frame is shown, after the first. */
  readonly lastFrameSeconds: number;
}

/** As JSON; bytes are marked and written in base64. */
export function encodeScanSummary(summary: ScanSummary): string {
  return JSON.stringify(summary, function (this: Record<string, unknown>, key, value: unknown) {
    // A Buffer turns itself into JSON before it gets here, so look at what its holder has.
    const held = this[key];
    return held instanceof Uint8Array ? { base64: Buffer.from(held).toString('base64') } : value;
  });
}

/**
 * The inverse of encodeScanSummary. The text is our own: the store checks its digest, so its shape is not checked
 * again here.
 */
export function decodeScanSummary(text: string): ScanSummary {
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string'
      ? new Uint8Array(Buffer.from(value.base64, 'base64'))
      : value,
  ) as ScanSummary;
}
