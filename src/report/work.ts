import type { IntakeView, SleepView } from '../protocol/control-api.ts';
import { formatCount } from './format.ts';

/** Whether a machine takes work, as `pause`, `resume` and `drain` print it. */
export function renderWork(work: IntakeView): string[] {
  return [
    `This machine ${work.intake === 'open' ? 'takes work' : 'takes no work'}. ${detailsOf(work)}`.trim(),
  ];
}

/** The same, for the row called `work` in `status`. */
export function workRow(work: IntakeView): string {
  return `${work.intake === 'open' ? 'taken' : 'not taken.'} ${detailsOf(work)}`.trim();
}

/** Whether the machine may fall asleep, for `status`. */
export function sleepRow({ isHeldOff, problem }: SleepView): string {
  if (isHeldOff) return 'held off while this machine works';
  return problem === null
    ? 'as the system likes; held off while this machine works'
    : `not held off: ${problem}`;
}

function detailsOf({ intake, wish, reasons, attempts }: IntakeView): string {
  if (intake === 'open') return '';
  return [...reasons, left(intake, attempts), howToEnd(wish)].join(' ').trim();
}

function left(intake: IntakeView['intake'], attempts: number): string {
  if (attempts === 0) return 'Nothing runs here.';
  const chunks = formatCount(attempts, 'chunk');
  return intake === 'emptying' ? `${chunks} being handed back.` : `${chunks} here must end first.`;
}

function howToEnd(wish: IntakeView['wish']): string {
  switch (wish) {
    case 'work':
      return '';
    case 'drain':
      return 'vadeio-node resume ends the drain, and so does a restart of the daemon.';
    case 'pause':
    case 'pause-now':
      return 'vadeio-node resume ends the pause; a restart of the daemon does not.';
  }
}
