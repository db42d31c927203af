import type { AVPacketFlag } from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, Packet, Rational } from 'node-av/lib';
import type { Track } from './encode-track.ts';

/** Writes tracks into one file. `startSeconds` moves all timestamps. */
export async function muxTracks(
  path: string,
  format: string,
  tracks: readonly Track[],
  options: Readonly<Record<string, string>> = {},
  startSeconds = 0,
): Promise<void> {
  const output = new FormatContext();
  check(output.allocOutputContext2(null, format, path), `no muxer ${format}`);
  const streams = tracks.map((track) => {
    const stream = output.newStream(null);
    check(track.parameters.copy(stream.codecpar), 'parameters were not copied');
    stream.codecpar.codecTag = 0;
    stream.timeBase = new Rational(...track.timeBase);
    if (track.frameRate !== null) stream.avgFrameRate = new Rational(...track.frameRate);
    return stream;
  });
  check(await output.openOutput(), `${path} was not opened`);
  const dictionary = Dictionary.fromObject(options);
  check(await output.writeHeader(dictionary), `the header of ${path} was not written`);
  dictionary.free();
  for (const { track, index, packet: coded } of interleaved(tracks)) {
    const packet = new Packet();
    packet.alloc();
    packet.data = coded.data;
    const shift = BigInt(Math.round((startSeconds * track.timeBase[1]) / track.timeBase[0]));
    packet.pts = coded.pts + shift;
    packet.dts = coded.dts + shift;
    packet.duration = coded.duration;
    packet.flags = coded.flags as AVPacketFlag;
    packet.streamIndex = index;
    const [num, den] = track.timeBase;
    packet.rescaleTs({ num, den }, streams[index]?.timeBase ?? { num, den });
    check(await output.interleavedWriteFrame(packet), 'a packet was not written');
    packet.free();
  }
  check(await output.writeTrailer(), `the end of ${path} was not written`);
  await output.closeOutput();
  output.freeContext();
}

function interleaved(tracks: readonly Track[]) {
  return tracks
    .flatMap((track, index) =>
      track.packets.map((packet, order) => ({
        track,
        index,
        packet,
        order,
        seconds: (Number(packet.dts) * track.timeBase[0]) / track.timeBase[1],
      })),
    )
    .sort((a, b) => a.seconds - b.seconds || a.index - b.index || a.order - b.order);
}

function check(result: number, step: string): void {
  if (result < 0) throw new Error(`${step}: ${new FFmpegError(result).message}`);
}
