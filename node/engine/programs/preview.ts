import { join } from 'node:path';
import { canonicalJson } from '../../../src/encoder/chunk-identity.ts';
import type { IvfFile } from '../../../src/encoder/ivf.ts';
import type { EncodeSettings } from '../../../src/encoder/settings.ts';
import { startSearch } from '../../../src/encoder/start-search.ts';
import { ENCODER_THREADS } from '../../../src/encoder/threads.ts';
import type { QualityTarget } from '../../../src/quality/quality-target.ts';
import { ZonePlan } from '../../../src/zones/zone-plan.ts';
import type { EncodePlace } from '../encode/encode-passes.ts';
import type { PreviewMessage, PreviewRequest } from '../messages.ts';
import type { Port } from '../port.ts';
import { type ClipPlace, clipFrames, clipMoment } from '../preview/clip-frames.ts';
import { type ClipSearch, findClipCrf } from '../preview/find-crf.ts';
import { type EncodedClip, encodeClip, writeClip } from '../preview/write-clip.ts';

/** Writes clips of a film's places, one after the other, each as the zone in which it lies is encoded. */
export async function run(port: Port): Promise<void> {
  const request = (await port.receive()) as PreviewRequest;
  const { source, folder, clips } = request;
  const { path, video } = source;
  const place = { threads: ENCODER_THREADS, workPath: join(folder, 'encoder') };
  const maker = new ClipMaker(request, place);
  for (const [index, { outputPath, share, frameCount }] of clips.entries()) {
    const clip = { path, streamIndex: video.streamIndex, share, frameCount };
    const made = await maker.make(clip, index);
    await writeClip(outputPath, source, made, clip, place);
    const { rate } = made.settings;
    const quality = rate.type === 'quality' ? rate.value : null;
    const written: PreviewMessage = { type: 'clip-written', outputPath, quality, score: made.score };
    await port.send(written);
  }
}

class ClipMaker {
  readonly #request: PreviewRequest;
  readonly #place: EncodePlace;
  readonly #zones: ZonePlan;
  /** One for each target. */
  readonly #searches = new Map<string, ClipSearch>();

  constructor(request: PreviewRequest, place: EncodePlace) {
    this.#request = request;
    this.#place = place;
    this.#zones = new ZonePlan(request.zones, request.variants, request.settings);
  }

  /** What the encoder makes of a clip, and its score if one is aimed at. Throws a sentence when there is no picture. */
  async make(clip: ClipPlace, index: number): Promise<EncodedClip & { readonly score: number | null }> {
    const { zones, target: ownTarget, folder } = this.#request;
    const { frameRate } = this.#request.settings.picture;
    const { zone, crf, settings } = this.#zones.codingOf(await clipMoment(clip, frameRate));
    const frames = () => clipFrames(clip, settings);
    const encode = async (changed: EncodeSettings): Promise<IvfFile> => {
      const encoded = await encodeClip(changed, this.#place, frames);
      if (encoded.frameCount > 0) return encoded;
      throw new Error(`${clip.path} gave no picture at this place.`);
    };
    const target = (zone === null ? null : zones[zone]?.target) ?? ownTarget;
    const search = crf === null ? this.#searchFor(target) : null;
    if (search === null) return { encoded: await encode(settings), settings, score: null };
    return findClipCrf(search, index, settings, encode, frames, folder);
  }

  #searchFor(target: QualityTarget | null): ClipSearch | null {
    const { measure, settings } = this.#request;
    if (target === null || measure === null) return null;
    const key = canonicalJson(target);
    const known = this.#searches.get(key);
    if (known !== undefined) return known;
    const search = { film: startSearch(target, settings), pooling: target.pooling, measure };
    this.#searches.set(key, search);
    return search;
  }
}
