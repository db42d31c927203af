import { AV_PKT_DATA_DOVI_CONF } from 'node-av/constants';
import { encodeFilm, type Track } from './encode-track.ts';
import { muxTracks } from './mux-tracks.ts';

/**
 * HEVC each of whose pictures carries HDR10+ (SMPTE ST 2094-40) of its own.
 *
 * @param path of Matroska, or of HEVC in no container where it ends in `.hevc`.
 * @param messages in presentation order, one for each frame; that of frame n is `hdr10PlusMessageOf(n)` where they are left out.
 */
export async function makeHdr10Plus(
  path: string,
  shots: readonly number[] = [12],
  messages?: readonly Uint8Array[],
): Promise<void> {
  const isBare = path.endsWith('.hevc');
  const track = await encodeShort(!isBare, shots);
  const packets = track.packets.map((packet) => {
    const frame = Number(packet.pts);
    const message = messages?.[frame] ?? hdr10PlusMessageOf(frame);
    return { ...packet, data: Buffer.concat([prefixSei(message), packet.data]) };
  });
  await muxTracks(path, isBare ? 'hevc' : 'matroska', [{ ...track, packets }]);
  track.parameters.free();
}

/**
 * HEVC that its container tells to be Dolby Vision.
 *
 * @param profile 8 has a base layer in HDR10; 5 has none that another player understands.
 */
export async function makeDolbyVision(path: string, profile: 5 | 8): Promise<void> {
  const track = await encodeShort(true);
  const [version, level, hasRpu, hasEnhancement, hasBase] = [[1, 0], 6, 1, 0, 1];
  const compatibility = profile === 8 ? 1 : 0;
  // AVDOVIDecoderConfigurationRecord, whose last byte is the compression of the metadata.
  const conf = [...version, profile, level, hasRpu, hasEnhancement, hasBase, compatibility, 0];
  track.parameters.addCodedSideData(AV_PKT_DATA_DOVI_CONF, Buffer.from(conf));
  await muxTracks(path, 'matroska', [track]);
  track.parameters.free();
}

function encodeShort(globalHeader: boolean, shots: readonly number[] = [12]): Promise<Track> {
  const film = { width: 320, height: 180, pixelFormat: 'yuv420p10le', shots, isInterlaced: false } as const;
  const colour = 'colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc';
  // Pictures are stored in another order than that in which they are shown, and cuts stand inside open GOPs.
  const order = 'keyint=30:bframes=3:b-adapt=0:scenecut=0';
  return encodeFilm(film, {
    codec: 'libx265',
    options: { preset: 'ultrafast', 'x265-params': `log-level=none:${order}:${colour}` },
    frameRate: [24, 1],
    globalHeader,
    colour: [9, 16, 9, 1],
  });
}

/**
 * A message of ITU-T T.35 with HDR10+, by the syntax of CTA-861-H, Annex S: what it says is drawn from its number.
 *
 * @param windowCount with more than one all that the syntax has is told, with one what HDR10+ discs tell.
 */
export function hdr10PlusMessageOf(number: number, windowCount: 1 | 3 = 1): Uint8Array {
  const bits: string[] = [];
  let drawn = number + 1;
  const put = (value: number, count: number): void => {
    bits.push(value.toString(2).padStart(count, '0'));
  };
  const draw = (count: number): void => {
    drawn = (drawn * 48_271) % 2_147_483_647;
    put(drawn % 2 ** count, count);
  };
  const draws = (times: number, count: number): void => {
    for (let time = 0; time < times; time++) draw(count);
  };
  const peaks = (): void => {
    put(windowCount === 1 ? 0 : 1, 1);
    if (windowCount === 1) return;
    put(3, 5);
    put(25, 5);
    draws(3 * 25, 4);
  };
  // The United States, Samsung, ST 2094-40, version 1.
  for (const [value, count] of [
    [0xb5, 8],
    [0x003c, 16],
    [0x0001, 16],
    [4, 8],
    [1, 8],
    [windowCount, 2],
  ] as const) {
    put(value, count);
  }
  for (let window = 1; window < windowCount; window++) {
    draws(6, 16);
    draw(8);
    draws(3, 16);
    draw(1);
  }
  draw(27);
  peaks();
  for (let window = 0; window < windowCount; window++) {
    draws(4, 17);
    put(9, 4);
    for (let percentile = 0; percentile < 9; percentile++) {
      draw(7);
      draw(17);
    }
    draw(10);
  }
  peaks();
  for (let window = 0; window < windowCount; window++) {
    put(1, 1);
    draws(2, 12);
    put(9, 4);
    draws(9, 10);
    put(1, 1);
    draw(6);
  }
  return Uint8Array.from(bits.join('').match(/.{1,8}/g) ?? [], (byte) =>
    Number.parseInt(byte.padEnd(8, '0'), 2),
  );
}

/** A prefix SEI unit of HEVC behind a start code, no three bytes of which look like one (clause 7.4.2). */
function prefixSei(message: Uint8Array): Buffer {
  const bytes: number[] = [];
  const size = [...Array(Math.floor(message.length / 255)).fill(255), message.length % 255];
  for (const byte of [4, ...size, ...message, 0x80]) {
    if (byte <= 3 && bytes.at(-1) === 0 && bytes.at(-2) === 0) bytes.push(3);
    bytes.push(byte);
  }
  return Buffer.from([0, 0, 0, 1, 39 << 1, 1, ...bytes]);
}
