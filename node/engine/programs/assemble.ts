import { rmSync } from 'node:fs';
import { Assembler } from '../assemble/assembler.ts';
import type { AssembleCommand, AssembleMessage, AssembleRequest } from '../messages.ts';
import type { Port } from '../port.ts';

/** Writes one output: the request, then chunks in film order, each answered, then the end. */
export async function run(port: Port): Promise<void> {
  const request = (await port.receive()) as AssembleRequest;
  const remove = (): void => rmSync(request.outputPath, { force: true });
  port.onOrphaned(remove);
  try {
    const assembler = await Assembler.open(request);
    while (!(await obey(assembler, (await port.receive()) as AssembleCommand, port)));
  } catch (error) {
    // What is open is closed by the end of this process.
    remove();
    throw error;
  }
}

/** Returns whether the output is complete. */
async function obey(assembler: Assembler, command: AssembleCommand, port: Port): Promise<boolean> {
  const answer = await answerTo(assembler, command);
  await port.send(answer);
  return answer.type === 'assembled';
}

async function answerTo(assembler: Assembler, command: AssembleCommand): Promise<AssembleMessage> {
  if (command.type === 'finish')
    return { type: 'assembled', bytes: await assembler.finish(command.frameCount) };
  const { path, startFrame, frameCount } = command;
  return { type: 'appended', frameCount, bytes: await assembler.append(path, startFrame, frameCount) };
}
