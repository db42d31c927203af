import { startEngine } from './engine.ts';
import type { EngineFailed, EngineProgram } from './messages.ts';

/**
 * Asks a child process of its own one thing that has one answer.
 *
 * @param inVain what did not come about should the child die, as the beginning of a sentence.
 * @throws the child's sentence when it fails, or one of `inVain` and how it died.
 */
export async function askOnce<Request extends object, Answer extends { readonly type: string }>(
  program: EngineProgram,
  request: Request,
  inVain: string,
): Promise<Answer> {
  const engine = startEngine<Request, Answer | EngineFailed>(program, { niceness: 0 });
  try {
    await engine.send(request);
    for await (const message of engine) {
      if (isFailed(message)) throw new Error(message.message);
      return message;
    }
    throw new Error(`${inVain}: ${(await engine.exited).words}.`);
  } finally {
    await engine.kill();
  }
}

function isFailed(message: { readonly type: string }): message is EngineFailed {
  return message.type === 'failed';
}
