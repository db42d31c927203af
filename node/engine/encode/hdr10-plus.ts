import { AV_FRAME_DATA_DYNAMIC_HDR_PLUS } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import { hdr10PlusMessage } from '../../../src/container/hdr10-plus.ts';
import { encoderOf } from '../../../src/encoder/encoders.ts';
import { withHdr10Plus } from '../../../src/encoder/hdr10-plus-units.ts';
import type { EncodeSettings } from '../../../src/encoder/settings.ts';
import type { EncodedUnit } from './frame-encoder.ts';

/** Takes HDR10+ from a chunk's frames as they are decoded, and puts it into the units that show them. */
export class Hdr10PlusCarrier {
  readonly #settings: EncodeSettings;
  readonly #messages = new Map<bigint, Uint8Array>();

  constructor(settings: EncodeSettings) {
    this.#settings = settings;
  }

  /** Leaves none in the frame: an encoder that wrote it too would have it in the stream twice. */
  take(frame: Frame, index: bigint): void {
    const { picture, filtering } = this.#settings;
    const data = picture.hdr10Plus === true ? frame.getSideData(AV_FRAME_DATA_DYNAMIC_HDR_PLUS) : null;
    if (data !== null) this.#messages.set(index, hdr10PlusMessage(data, filtering !== null));
    frame.removeSideData(AV_FRAME_DATA_DYNAMIC_HDR_PLUS);
  }

  /** The same unit where its frame had none. */
  put({ index, data }: EncodedUnit): EncodedUnit {
    const message = this.#messages.get(index);
    if (message === undefined) return { index, data };
    return { index, data: withHdr10Plus(data, message, encoderOf(this.#settings.encoder).codec) };
  }
}
