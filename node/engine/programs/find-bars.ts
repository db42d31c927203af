import { findBars } from '../inspect/find-bars.ts';
import type { BarsMessage, BarsRequest } from '../messages.ts';
import type { Port } from '../port.ts';

/** Answers one request with the part of the picture that is never black. */
export async function run(port: Port): Promise<void> {
  const { path } = (await port.receive()) as BarsRequest;
  const answer: BarsMessage = { type: 'bars-found', picture: await findBars(path) };
  await port.send(answer);
}
