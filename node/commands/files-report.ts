import { type FileResult, renderFileCounts, renderSetAside } from '../../src/report/files.ts';
import type { Style } from '../../src/report/style.ts';
import { toJson } from '../../src/report/terminal-text.ts';
import type { Display } from './display.ts';
import type { Outcome } from './hand-in.ts';
import type { SetAside } from './plan-outputs.ts';
import { DONE, FAILED } from './shell.ts';

/** Says what becomes of the files of a command that names many: those that are no job a line each, at last the counts. */
export class FilesReport {
  readonly #display: Display;
  readonly #style: Style;
  readonly #isJson: boolean;
  readonly #counts: Record<FileResult, number> = { done: 0, failed: 0, skipped: 0, stopped: 0 };

  constructor(display: Display, style: Style, isJson: boolean) {
    this.#display = display;
    this.#style = style;
    this.#isJson = isJson;
  }

  /** Of a file that became no job. */
  setAside({ input, result, reason }: SetAside): void {
    this.#counts[result] += 1;
    if (this.#isJson) this.#display.out(toJson({ type: 'file', input, result, reason }));
    else this.#display.out(renderSetAside(input, result, reason, this.#style));
  }

  /** Says the counts; gives the exit status. */
  end(outcomes: readonly Outcome[]): number {
    for (const { job, refusal } of outcomes) {
      // What was refused is counted already.
      if (refusal === null) this.#counts[resultOf(job)] += 1;
    }
    if (this.#isJson) this.#display.out(toJson({ type: 'files', ...this.#counts }));
    else this.#display.out(renderFileCounts(this.#counts));
    return this.#counts.failed > 0 ? FAILED : DONE;
  }
}

function resultOf(job: Outcome['job']): FileResult {
  if (job === null || job.phase === 'stopped') return 'stopped';
  return job.phase === 'done' ? 'done' : 'failed';
}
