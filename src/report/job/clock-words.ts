import { type History, wallMs } from './read-history.ts';

const DAY_MS = 86_400_000;
/** Of a job shorter than this, minutes tell nothing. */
const SHORT_MS = 600_000;

/** What the leader's clock on the wall showed: `21:40`, of a short job `21:40:05`. */
export function clockWords(history: History, ms: number): string {
  const seconds = Math.floor((((wallMs(history, ms) % DAY_MS) + DAY_MS) % DAY_MS) / 1000);
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  const shown = history.endMs < SHORT_MS ? parts : parts.slice(0, 2);
  return shown.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
}
