import { findGrain } from '../inspect/find-grain.ts';
import type { GrainMessage, GrainRequest } from '../messages.ts';
import type { Port } from '../port.ts';

/** Answers one request with what flat areas say of the film's grain. */
export async function run(port: Port): Promise<void> {
  const { path } = (await port.receive()) as GrainRequest;
  const answer: GrainMessage = { type: 'grain-found', evidence: await findGrain(path) };
  await port.send(answer);
}
