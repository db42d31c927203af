import type { EncodeSettings } from '../../../src/encoder/settings.ts';
import { type FrameRange, frameCount } from '../../../src/media/frame-range.ts';
import { isBlended } from '../../../src/picture/picture-filters.ts';
import { comparePictures } from '../../../src/proof/compare-pictures.ts';
import type { EnginePool } from '../../engine/engine-pool.ts';
import type { ProveMessage, ProveRequest } from '../../engine/messages.ts';
import type { ScanFiles } from '../../storage/scan-files.ts';
import { withRestarts } from '../with-restarts.ts';

export interface ResultProofOptions {
  readonly settings: EncodeSettings;
  readonly provers: EnginePool<ProveRequest, ProveMessage>;
  /** What the scan knows of the source, now. */
  readonly files: () => ScanFiles;
}

/** Decodes results of one job and compares them with its source and with each other. */
export class ResultProof {
  readonly #options: ResultProofOptions;
  /** Of the first result that was right, by variant of the settings: within a zone, and outside of all, there is one. */
  readonly #streamHeaders = new Map<number | null, Uint8Array>();
  cpuSeconds = 0;

  constructor(options: ResultProofOptions) {
    this.#options = options;
  }

  /**
   * What is wrong about the result of these frames (of invariant 3 what lies in the file itself); null for nothing.
   *
   * @param variant of the job's settings, in which it was encoded.
   */
  async refusalOf(
    path: string,
    range: FrameRange,
    variant: number | null,
    signal: AbortSignal,
  ): Promise<string | null> {
    const { settings, files } = this.#options;
    const proof = await this.#decode(path, frameCount(range), signal);
    if (typeof proof === 'string') return proof;
    if (!proof.isKeyframeFirst) return 'the result does not begin with a keyframe';
    const header = this.#streamHeaders.get(variant);
    if (header !== undefined && !Buffer.from(header).equals(proof.streamHeader)) {
      return "the result's stream header is not that of the file's other chunks";
    }
    const frames = await files().frames(range.startFrame, range.endFrame);
    const wrong = comparePictures(
      frames.map((frame) => frame.picture),
      proof.pictures,
      isBlended(settings.filtering),
    );
    if (wrong !== null) return `the encoded picture is not the source's: ${wrong}`;
    if (!this.#streamHeaders.has(variant)) this.#streamHeaders.set(variant, proof.streamHeader);
    return null;
  }

  async #decode(
    path: string,
    expected: number,
    signal: AbortSignal,
  ): Promise<Extract<ProveMessage, { type: 'proved' }> | string> {
    const { settings, provers } = this.#options;
    let answer: ProveMessage | null = null;
    const { encoder } = settings;
    const request: ProveRequest = { type: 'prove', path, frameCount: expected, encoder };
    const onAnswer = (message: ProveMessage): boolean => {
      answer = message;
      return true;
    };
    await withRestarts(() => provers.run(request, onAnswer, signal));
    const proof = answer as ProveMessage | null;
    if (proof?.type !== 'proved')
      return proof?.type === 'refused' ? proof.reason : (proof?.message ?? 'no proof came');
    this.cpuSeconds += proof.cpuSeconds;
    return proof;
  }
}
