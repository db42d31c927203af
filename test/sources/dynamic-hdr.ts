import { AV_PKT_DATA_DOVI_CONF } from 'node-av/constants';
import { encodeFilm, type Track } from './encode-track.ts';
import { muxTracks } from './mux-tracks.ts';

/** HEVC whose first picture carries HDR10+ (SMPTE ST 2094-40), in no container. */
export async function makeHdr10Plus(path: string): Promise<void> {
  const track = await encodeShort(false);
  const [first, ...rest] = track.packets;
  if (first === undefined) throw new Error('nothing was encoded');
  const data = Buffer.concat([prefixSei(hdr10PlusMessage()), first.data]);
  await muxTracks(path, 'hevc', [{ ...track, packets: [{ ...first, data }, ...rest] }]);
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

function encodeShort(globalHeader: boolean): Promise<Track> {
  const film = {
    width: 320,
    height: 180,
    pixelFormat: 'yuv420p10le',
    shots: [12],
    isInterlaced: false,
  } as const;
  const colour = 'colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc';
  const options = { preset: 'ultrafast', 'x265-params': `log-level=none:bframes=0:${colour}` };
  return encodeFilm(film, {
    codec: 'libx265',
    options,
    frameRate: [24, 1],
    globalHeader,
    colour: [9, 16, 9, 1],
  });
}

/** The least that the specification allows: one window, its brightest samples and their mean. */
function hdr10PlusMessage(): Uint8Array {
  const fields: readonly (readonly [value: number, bits: number])[] = [
    // ITU-T T.35: United States, Samsung, ST 2094-40, version 1.
    ...([
      [0xb5, 8],
      [0x003c, 16],
      [0x0001, 16],
      [4, 8],
      [1, 8],
    ] as const),
    ...([
      [1, 2],
      [400, 27],
      [0, 1],
    ] as const),
    ...([
      [50_000, 17],
      [50_000, 17],
      [50_000, 17],
      [9000, 17],
      [0, 4],
      [0, 10],
    ] as const),
    // No peaks, no curve, no saturation.
    ...([
      [0, 1],
      [0, 1],
      [0, 1],
    ] as const),
  ];
  const bits = fields.map(([value, length]) => value.toString(2).padStart(length, '0')).join('');
  return Uint8Array.from(bits.match(/.{1,8}/g) ?? [], (byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
}

/** A prefix SEI unit of HEVC behind a start code, no three bytes of which look like one (clause 7.4.2). */
function prefixSei(message: Uint8Array): Buffer {
  const bytes: number[] = [];
  for (const byte of [4, message.length, ...message, 0x80]) {
    if (byte <= 3 && bytes.at(-1) === 0 && bytes.at(-2) === 0) bytes.push(3);
    bytes.push(byte);
  }
  return Buffer.from([0, 0, 0, 1, 39 << 1, 1, ...bytes]);
}
