import type { z } from 'zod';
import type { JobMessage } from '../../src/protocol/messages.ts';
import { messageSchema } from '../protocol/schemas.ts';

/** Checks what came over the wire against its schema. Throws a sentence that says what was wrong where. */
export function readWire<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where =
    issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.').slice(0, 80)}`;
  throw new Error(`The peer sent a ${what} that is not valid${where}: ${issue?.message ?? 'unreadable'}`);
}

/** Checks what we are about to say by the rules that the others check it with. Throws a sentence. */
export function checkOwnMessage(message: JobMessage): void {
  const result = messageSchema.safeParse(message);
  if (result.success) return;
  const issue = result.error.issues[0];
  throw new Error(
    `A ${message.type} message is not valid and was not sent: ${issue?.path.join('.')} ${issue?.message}`,
  );
}
