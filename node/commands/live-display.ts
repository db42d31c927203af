import { createLogUpdate } from 'log-update';
import sliceAnsi from 'slice-ansi';
import { isOver, type JobView } from '../../src/protocol/control-api.ts';
import { renderProgress } from '../../src/report/progress.ts';
import { forTerminal } from '../../src/report/terminal-text.ts';
import { type Display, Notes } from './display.ts';
import type { Shell } from './shell.ts';

/** Jobs shown as blocks; those behind them are counted. */
const BLOCKS_SHOWN = 3;

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
  const draw = (): void => {
    const columns = terminal.columns ?? 80;
    const jobs = [...running.values()];
    const lines = jobs.slice(0, BLOCKS_SHOWN).flatMap((job) => renderProgress(job, columns, shell.sayStyle));
    if (jobs.length > BLOCKS_SHOWN) lines.push(`and ${jobs.length - BLOCKS_SHOWN} more jobs`);
    // A line that wraps would be counted as one and leave its rest behind.
    if (lines.length > 0) update(lines.map((line) => sliceAnsi(oneLine(line), 0, columns - 1)).join('\n'));
  };
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
      update.clear();
      update.done();
    },
  };
}
