import { AV_NOPTS_VALUE } from 'node-av/constants';
import type { Packet, Rational, Stream } from 'node-av/lib';
import { timedTextOf } from '../../../src/container/timed-text.ts';
import { encodeUtf8 } from '../../../src/container/utf8.ts';
import type { PacketSink, TimedPacket } from './source-packets.ts';
import type { TranscodeAudio } from './transcode-audio.ts';

/** A packet as the output's stream takes it: its own copy of the facts, the same bytes. */
function retarget(packet: Packet, from: Rational, output: Stream): TimedPacket[] {
  const copy = packet.clone();
  if (copy === null) throw new Error('There was no memory for a packet of the source.');
  copy.rescaleTs(from, output.timeBase);
  copy.streamIndex = output.index;
  copy.pos = -1n;
  const { num, den } = output.timeBase;
  return [{ seconds: (Number(copy.dts) * num) / den, packet: copy }];
}

/**
 * Copies packets unchanged.
 *
 * @param earliest packets that end before this many of the source's ticks are left out; null keeps all.
 */
export function copyPackets(source: Stream, output: Stream, earliest: bigint | null): PacketSink {
  const from = source.timeBase;
  return {
    accept: (packet) =>
      earliest !== null && packet.pts + packet.duration <= earliest ? [] : retarget(packet, from, output),
    drain: () => [],
  };
}

/** Makes SubRip of 3GPP timed text: Matroska's block holds the bare text, its times are the packet's. */
export function convertTimedText(source: Stream, output: Stream): PacketSink {
  const from = source.timeBase;
  return {
    accept(packet) {
      const text = timedTextOf(packet.data ?? new Uint8Array());
      if (text === '') return [];
      const { pts, dts, duration, flags } = packet;
      // New data makes a new packet of it: everything else is forgotten.
      packet.data = Buffer.from(encodeUtf8(text));
      Object.assign(packet, { pts, dts, duration, flags });
      return retarget(packet, from, output);
    },
    drain: () => [],
  };
}

/** Transcodes sound. */
export function transcodePackets(transcode: TranscodeAudio, output: Stream): PacketSink {
  const from = transcode.timeBase;
  const collect = (run: (take: (packet: Packet) => void) => void): TimedPacket[] => {
    const ready: TimedPacket[] = [];
    run((packet) => {
      if (packet.dts === AV_NOPTS_VALUE) packet.dts = packet.pts;
      ready.push(...retarget(packet, from, output));
    });
    return ready;
  };
  return {
    accept: (packet) => collect((take) => transcode.transcode(packet, take)),
    drain: () => collect((take) => transcode.drain(take)),
  };
}
