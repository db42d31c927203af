import { AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { FFmpegError, FormatContext, Packet, Rational } from 'node-av/lib';

/**
 * Writes the videos of files one after another, packet for packet: a long film without an encode. They are of one
 * encoder with the same settings.
 */
export async function joinVideos(inputs: readonly string[], output: string): Promise<void> {
  const to = new FormatContext();
  FFmpegError.throwIfError(to.allocOutputContext2(null, 'matroska', output), 'open the muxer');
  const packet = new Packet();
  packet.alloc();
  let offset = 0n;
  let isBegun = false;
  for (const input of inputs) {
    const from = new FormatContext();
    FFmpegError.throwIfError(await from.openInput(input), `open ${input}`);
    await from.findStreamInfo(null);
    const index = from.findBestStream(AVMEDIA_TYPE_VIDEO);
    const source = from.streams[index];
    if (source === undefined) throw new Error(`${input} has no video`);
    if (!isBegun) {
      const stream = to.newStream(null);
      FFmpegError.throwIfError(source.codecpar.copy(stream.codecpar), 'copy the parameters');
      stream.codecpar.codecTag = 0;
      stream.timeBase = source.timeBase;
      await to.openOutput();
      FFmpegError.throwIfError(await to.writeHeader(null), 'write the header');
      isBegun = true;
    }
    const target = to.streams[0];
    if (target === undefined) throw new Error('the output has no stream');
    let end = 0n;
    while (from.readFrameSync(packet) >= 0) {
      if (packet.streamIndex === index) {
        const next = packet.pts + packet.duration;
        if (next > end) end = next;
        packet.pts += offset;
        packet.dts += offset;
        packet.streamIndex = 0;
        packet.rescaleTs(source.timeBase, target.timeBase ?? new Rational(1, 1000));
        FFmpegError.throwIfError(await to.writeFrame(packet), 'write a packet');
      }
      packet.unref();
    }
    offset += end;
    await from.closeInput();
  }
  await to.writeTrailer();
  await to.closeOutput();
  packet.free();
}
