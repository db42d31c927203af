import { isOver, type JobEvent, type JobView } from '../../src/protocol/control-api.ts';
import { renderProgressLine } from '../../src/report/progress.ts';
import type { Style } from '../../src/report/style.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { toJson } from '../../src/report/terminal-text.ts';
import type { Shell } from './shell.ts';

/** Where the events of followed jobs become visible. */
export interface Display {
  show(event: JobEvent): void;
  /** A line between, or above, what is shown. */
  say(line: string): void;
  /** A line of data, on standard output. */
  out(line: string): void;
  /** Nothing more is shown; the terminal is as it was. */
  close(): void;
}

/** Seconds of a job between two plain lines. */
const PLAIN_LINE_SECONDS = 5;

/** The last words about a job, as data. */
export type RenderEnd = (job: JobView, style: Style) => readonly string[];

/** The display that suits what the command was started from. */
export async function openDisplay(
  shell: Shell,
  isJson: boolean,
  renderEnd: RenderEnd = renderSummary,
): Promise<Display> {
  const outEnd = (job: JobView): void => {
    for (const line of renderEnd(job, shell.outStyle)) shell.out(line);
  };
  if (isJson) return jsonDisplay(shell);
  if (shell.terminal === null) return plainDisplay(shell, outEnd);
  // Loaded only where it is drawn with: most commands are over before that would be.
  const { liveDisplay } = await import('./live-display.ts');
  return liveDisplay(shell, shell.terminal, outEnd);
}

/** One JSON object a line on standard output. */
function jsonDisplay(shell: Shell): Display {
  return {
    show: (event) => shell.out(toJson(event)),
    say: (line) => shell.say(line),
    out: (line) => shell.out(line),
    close: () => undefined,
  };
}

/** A line every few seconds for each job. */
function plainDisplay(shell: Shell, outEnd: (job: JobView) => void): Display {
  const shownAt = new Map<string, number>();
  const notes = new Notes((line) => shell.say(line));
  return {
    say: (line) => shell.say(line),
    out: (line) => shell.out(line),
    show(event) {
      if (event.type === 'message') return notes.say(event.job, event.text);
      const { job } = event;
      notes.show(job);
      if (isOver(job.phase)) return outEnd(job);
      const { elapsedSeconds } = job.progress;
      if (elapsedSeconds - (shownAt.get(job.id) ?? Number.NEGATIVE_INFINITY) < PLAIN_LINE_SECONDS) return;
      shownAt.set(job.id, elapsedSeconds);
      shell.say(renderProgressLine(job));
    },
    close: () => undefined,
  };
}

/** Says each line about a job once: what is converted or lost is both a note of the job and, when found, a message. */
export class Notes {
  readonly #said = new Set<string>();
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  show(job: JobView): void {
    for (const note of job.notes) this.say(job.id, note);
  }

  say(job: string, text: string): void {
    if (this.#said.has(`${job} ${text}`)) return;
    this.#said.add(`${job} ${text}`);
    this.#say(text);
  }
}
