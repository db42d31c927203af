import { createLogUpdate } from 'log-update';
import sliceAnsi from 'slice-ansi';
import { isOver, type JobView } from '../../src/protocol/control-api.ts';
import { renderProgress } from '../../src/report/progress.ts';
import { forTerminal } from '../../src/report/terminal-text.ts';
import { type Display, Notes } from './display.ts';
import type { Shell } from './shell.ts';

/** Jobs shown as blocks; those behind them are counted. */
const BLOCKS_SHOWN = 3;

/** Control sequences of ECMA-48: 8.3.41 with 2, and 8.3.22. */
const ERASE_LINE = '\u001b[2K';
const ERASE_AND_GO_UP = `${ERASE_LINE}\u001b[1A`;

/** Whether lines that have become too long are wrapped when a terminal is made narrower: all do but these two, which cut them. */
function reflows(env: NodeJS.ProcessEnv): boolean {
  return env.XTERM_VERSION === undefined && env.TERM !== 'linux';
}

/** Rows that the lines take where each that is longer than the terminal goes on in the next one. */
export function rowsOf(lines: readonly string[], columns: number): number {
  let rows = 0;
  for (const line of lines) {
    rows += 1;
    for (let from = columns; sliceAnsi(line, from, from + columns) !== ''; from += columns) rows += 1;
  }
  return rows;
}

/** As one line of a block: what would end it or widen it is a blank. */
function oneLine(line: string): string {
  return forTerminal(line, true).replace(/\s/g, ' ');
}

/** A block a job that is redrawn in place. */
export function liveDisplay(
  shell: Shell,
  terminal: NodeJS.WriteStream,
  outEnd: (job: JobView) => void,
): Display {
  const update = createLogUpdate(terminal);
  const running = new Map<string, JobView>();
  let drawn: readonly string[] = [];
  const draw = (): void => {
    const columns = terminal.columns ?? 80;
    const jobs = [...running.values()];
    const lines = jobs.slice(0, BLOCKS_SHOWN).flatMap((job) => renderProgress(job, columns, shell.sayStyle));
    if (jobs.length > BLOCKS_SHOWN) lines.push(`and ${jobs.length - BLOCKS_SHOWN} more jobs`);
    // A line that wraps would be counted as one and leave its rest behind.
    drawn = lines.map((line) => sliceAnsi(oneLine(line), 0, columns - 1));
    if (lines.length > 0) update(drawn.join('\n'));
  };
  /** At once: whatever comes next erases as many lines as were drawn, and a narrower terminal has made more of them. */
  const redraw = (): void => {
    const extraRows = reflows(process.env) ? rowsOf(drawn, terminal.columns ?? 80) - drawn.length : 0;
    update.clear();
    if (extraRows > 0) terminal.write(`${ERASE_AND_GO_UP.repeat(extraRows)}${ERASE_LINE}\r`);
    draw();
  };
  terminal.on('resize', redraw);
  const say = (line: string): void => {
    update.clear();
    shell.say(line);
    draw();
  };
  const notes = new Notes(say);
  return {
    say,
    out(line) {
      update.clear();
      shell.out(line);
      draw();
    },
    show(event) {
      if (event.type === 'message') return notes.say(event.job, event.text);
      const { job } = event;
      notes.show(job);
      if (isOver(job.phase)) {
        running.delete(job.id);
        update.clear();
        outEnd(job);
      } else running.set(job.id, job);
      draw();
    },
    close() {
      terminal.off('resize', redraw);
      update.clear();
      update.done();
    },
  };
}
