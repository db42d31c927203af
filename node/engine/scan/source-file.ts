import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { unreadable } from '../source-identity.ts';

/** The source as it was when the scan began. */
export class SourceFile {
  readonly path: string;
  /** Descriptor for positioned reads. */
  readonly file: number;
  readonly sizeBytes: number;
  readonly #modifiedMs: number;

  /** @throws a sentence when the file is missing or may not be read. */
  constructor(path: string) {
    this.path = path;
    try {
      this.file = openSync(path, 'r');
    } catch (error) {
      throw unreadable(path, error);
    }
    const facts = fstatSync(this.file);
    this.sizeBytes = facts.size;
    this.#modifiedMs = facts.mtimeMs;
  }

  /** @throws a sentence when the file at the path is not the one that was opened any more. */
  checkUnchanged(): void {
    let facts: { size: number; mtimeMs: number };
    try {
      facts = statSync(this.path);
    } catch (error) {
      throw unreadable(this.path, error);
    }
    if (facts.size === this.sizeBytes && facts.mtimeMs === this.#modifiedMs) return;
    throw new Error(
      `${this.path} changed while it was read: it had ${this.sizeBytes} bytes, now ${facts.size}. Wait until it is written to the end, then run the command again.`,
    );
  }

  close(): void {
    closeSync(this.file);
  }
}
