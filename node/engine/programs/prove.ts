import { proveResult } from '../encode/prove-result.ts';
import type { ProveMessage, ProveRequest } from '../messages.ts';
import type { Port } from '../port.ts';

/** Decodes results and says what is in them, one request after another. A bad result never ends the process. */
export async function run(port: Port): Promise<void> {
  for (;;) {
    const request = (await port.receive()) as ProveRequest | undefined;
    if (request === undefined) return;
    let answer: ProveMessage;
    try {
      answer = await proveResult(request);
    } catch (error) {
      answer = { type: 'refused', reason: error instanceof Error ? error.message : String(error) };
    }
    await port.send(answer);
  }
}
