import { openSource } from '../media/open-source.ts';
import type { ScanMessage, ScanRequest } from '../messages.ts';
import type { Port } from '../port.ts';
import { SourceFile } from '../scan/source-file.ts';
import { SourceScan } from '../scan/source-scan.ts';

/** Decodes a source once: writes the scan's files, and tells chunks as soon as they are certain. */
export async function run(port: Port): Promise<void> {
  const request = (await port.receive()) as ScanRequest;
  const source = new SourceFile(request.path);
  const format = await openSource(request.path);
  try {
    const stream = format.streams[request.streamIndex];
    if (stream === undefined) {
      throw new Error(
        `${request.path} has no stream ${request.streamIndex} any more: it changed. Run the command again.`,
      );
    }
    const send = (message: ScanMessage): Promise<void> => port.send(message);
    const scan = new SourceScan(request, source, format, stream, send);
    try {
      await scan.run();
    } finally {
      scan.free();
    }
  } finally {
    await format.closeInput();
    source.close();
  }
}
