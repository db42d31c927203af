import { setImmediate } from 'node:timers/promises';
import { AV_LOG_ERROR, AV_LOG_VERBOSE } from 'node-av/constants';
import { Log } from 'node-av/lib';

/** One line that FFmpeg or a driver behind it said. */
export interface HeardLine {
  readonly text: string;
  readonly isError: boolean;
}

/** Lets something be done and hears what FFmpeg says of it, down to what it says of devices. One at a time in a process. */
export async function hearing<T>(
  act: () => Promise<T>,
): Promise<{ readonly result: T | null; readonly fault: unknown; readonly lines: readonly HeardLine[] }> {
  const lines: HeardLine[] = [];
  const level = Log.getLevel();
  Log.setLevel(AV_LOG_VERBOSE);
  Log.setCallback(
    (lineLevel, message) => lines.push({ text: message.trim(), isError: lineLevel <= AV_LOG_ERROR }),
    { maxLevel: AV_LOG_VERBOSE },
  );
  try {
    const result = await act();
    return { result, fault: null, lines };
  } catch (fault) {
    return { result: null, fault, lines };
  } finally {
    // They come in over the event loop: when this was reached in the middle of a turn, with the next one.
    await setImmediate();
    await setImmediate();
    Log.resetCallback();
    Log.setLevel(level);
  }
}

/** Of some drivers the last lines tell why, and none is called an error. */
const LAST_LINES = 2;

/** The errors among lines, each once, or else the last ones; empty where nothing was said. */
export function reasonIn(lines: readonly HeardLine[]): string {
  const errors = lines.filter(({ isError }) => isError);
  const telling = errors.length > 0 ? errors : lines.slice(-LAST_LINES);
  return [...new Set(telling.map(({ text }) => text))].join('; ');
}
