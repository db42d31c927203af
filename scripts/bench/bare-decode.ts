import { AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { FormatContext, Frame, Packet } from 'node-av/lib';
import { codecFactsOf, openDecoder } from '../../node/engine/media/decoder.ts';

export interface BareDecode {
  readonly frameCount: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

/** Decodes a file's video to nowhere, with the decoder settings of a scan. */
export async function measureBareDecode(path: string): Promise<BareDecode> {
  const format = new FormatContext();
  if ((await format.openInput(path)) < 0) throw new Error(`${path} does not open`);
  await format.findStreamInfo(null);
  const index = format.findBestStream(AVMEDIA_TYPE_VIDEO);
  const stream = format.streams[index];
  if (stream === undefined) throw new Error(`${path} has no video`);
  const packet = new Packet();
  packet.alloc();
  const frame = new Frame();
  frame.alloc();
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  let decoder: Awaited<ReturnType<typeof openDecoder>> | null = null;
  let frameCount = 0;
  const take = (): void => {
    while (decoder !== null && decoder.receiveFrameSync(frame) >= 0) {
      frameCount += 1;
      frame.unref();
    }
  };
  while (format.readFrameSync(packet) >= 0) {
    if (packet.streamIndex === index) {
      decoder ??= await openDecoder(codecFactsOf(stream, packet.data));
      decoder.sendPacketSync(packet);
      take();
    }
    packet.unref();
  }
  decoder?.sendPacketSync(null);
  take();
  const { user, system } = process.cpuUsage(cpu);
  const wallSeconds = (performance.now() - startedMs) / 1000;
  packet.free();
  frame.free();
  decoder?.freeContext();
  await format.closeInput();
  return { frameCount, wallSeconds, cpuSeconds: (user + system) / 1e6 };
}
