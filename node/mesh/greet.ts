import * as limits from '../../src/protocol/limits.ts';
import { type Hello, PROTOCOL_VERSION } from '../../src/protocol/messages.ts';
import { anyHelloSchema, goodbyeSchema, helloSchema } from '../protocol/schemas.ts';
import { type ControlStream, encodeMessage } from './control-stream.ts';
import { readWire } from './read-wire.ts';

/** Why two daemons that met do not work together: a sentence for the user of this one. */
export class RefusedPeer extends Error {
  /** What the other end gets to know: our hello, from which it reads the same, or a goodbye with the reason. */
  readonly answer: 'hello' | 'goodbye' | 'nothing';

  constructor(reason: string, answer: RefusedPeer['answer']) {
    super(reason);
    this.answer = answer;
  }
}

/** A daemon of another swarm: nobody's mistake, and nothing to say unless the user named it. */
export class OtherSwarm extends RefusedPeer {}

export async function sendHello(control: ControlStream, hello: Hello): Promise<void> {
  await control.send(encodeMessage(hello));
}

/** Ends a greeting with the reason; the connection is the caller's to close. */
export async function sendGoodbye(control: ControlStream, reason: string): Promise<void> {
  await control.send(encodeMessage({ type: 'goodbye', reason: reason.slice(0, limits.MAX_WORDS_LENGTH) }));
}

/** The other end's hello. Throws RefusedPeer when it speaks another version or turned us away. */
export async function receiveHello(control: ControlStream, ownVersion: string): Promise<Hello> {
  const raw = await control.receiveRaw(AbortSignal.timeout(limits.HELLO_TIMEOUT_MS));
  if (raw === null) throw new Error('The peer closed the connection before it said hello');
  const goodbye = goodbyeSchema.safeParse(raw);
  if (goodbye.success) throw new RefusedPeer(goodbye.data.reason, 'nothing');
  const theirs = readWire(anyHelloSchema, raw, 'hello');
  if (theirs.protocol !== PROTOCOL_VERSION) {
    throw new RefusedPeer(
      `The peer runs vadeio-node ${theirs.version} (protocol ${theirs.protocol}), this is ${ownVersion} (protocol ${PROTOCOL_VERSION}): install the same version on both`,
      'hello',
    );
  }
  return readWire(helloSchema, raw, 'hello');
}
